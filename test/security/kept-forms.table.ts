import express, { type Express, type RequestHandler } from 'express'
import type { Auth } from '../../src/auth/auth.js'
import { requires } from '../../src/auth/guards/requires.js'

const FORM = 'application/x-www-form-urlencoded'

/** A form that is submitted twice: once with a token that is too old, and once with a recent one. */
export interface ComparedForm {
  title: string
  path: string
  body: string
  type?: string
  headers?: Record<string, string>
  /** The status with the recent token, so that a row does not compare two answers that mean nothing. */
  status: number
}

/** Responds with everything that a route could know about the request. */
const echo: RequestHandler = (req, res) => {
  const { body } = req
  const isObject = typeof body === 'object' && body !== null
  res.json({
    url: req.url,
    originalUrl: req.originalUrl,
    path: req.path,
    query: req.query,
    params: req.params,
    method: req.method,
    length: req.get('content-length'),
    type: req.get('content-type'),
    isForm: req.is('urlencoded'),
    kind: Buffer.isBuffer(body) ? 'bytes' : typeof body,
    hasPrototype: isObject && Object.getPrototypeOf(body) !== null,
    names: isObject ? Object.getOwnPropertyNames(body) : null,
    body: Buffer.isBuffer(body) ? body.toString() : body,
  })
}

const readStream: RequestHandler = (req, res) => {
  const parts: Buffer[] = []
  req.on('data', (part: Buffer) => parts.push(part))
  req.on('end', () => res.send(Buffer.concat(parts).toString()))
}

const noLongForms: RequestHandler = (req, res, next) =>
  Number(req.get('content-length')) > 100 ? void res.status(413).send('too long') : next()

const noOddText = (_req: unknown, _res: unknown, body: Buffer) => {
  if (body.includes('forbidden')) throw Object.assign(new Error('forbidden'), { status: 418 })
}

/** Routes of a host application, each with a parser or its own rule behind the guard or in front of it. */
export function declareRoutes(host: Express, auth: Auth): void {
  const fresh = requires(auth, { maxAge: 60 })
  const simple = express.urlencoded({ extended: false })
  host.post('/simple', fresh, simple, echo)
  host.post('/nested', fresh, express.urlencoded({ extended: true }), echo)
  host.post('/small', fresh, express.urlencoded({ limit: 64 }), echo)
  host.post('/few', fresh, express.urlencoded({ parameterLimit: 3 }), echo)
  host.post('/judged', fresh, express.urlencoded({ verify: noOddText }), echo)
  host.post('/json', fresh, express.json(), echo)
  host.post('/text', fresh, express.text({ type: FORM }), echo)
  host.post('/bytes', fresh, express.raw({ type: FORM }), echo)
  host.post('/stream', fresh, readStream)
  host.post('/nothing', fresh, echo)
  host.post('/short', fresh, noLongForms, simple, echo)
  host.post('/guarded-twice', fresh, simple, requires(auth, { maxAge: 60 }), echo)
  host.post('/read-before', simple, fresh, echo)
  host.post('/nested-before', express.urlencoded({ extended: true }), fresh, simple, echo)
  host.post('/json-before', express.json(), fresh, simple, echo)
  host.post('/things/:id/:name', fresh, simple, echo)
  host.post('/staff', fresh, (req, res, next) => (req.user?.isStaff ? next() : void res.sendStatus(403)), simple, echo)
}

const many = (count: number) => Array.from({ length: count }, (_, index) => `f${index}=1`).join('&')

export const hostForms: readonly ComparedForm[] = [
  { title: 'an ordinary form', path: '/simple', body: 'a=1&b=%C3%A4', status: 200 },
  { title: 'no fields', path: '/simple', body: '', status: 200 },
  { title: 'a field that appears twice', path: '/simple', body: 'a=1&a=2', status: 200 },
  {
    title: 'fields named like members of an object',
    path: '/simple',
    body: 'toString=1&hasOwnProperty=2',
    status: 200,
  },
  { title: 'a field named __proto__', path: '/simple', body: '__proto__=1&constructor=2&a=3', status: 200 },
  { title: 'escapes that no form has', path: '/simple', body: 'a=%zz', status: 200 },
  { title: 'bytes that are not UTF-8', path: '/simple', body: 'a=%ff', status: 200 },
  { title: 'more fields than the site’s own forms have', path: '/simple', body: many(80), status: 200 },
  { title: 'nested fields', path: '/nested', body: 'a[b][c]=1&d[]=2&d[]=3', status: 200 },
  { title: 'a form over the limit of the route', path: '/small', body: `a=${'x'.repeat(100)}`, status: 413 },
  { title: 'a form within the limit of the route', path: '/small', body: 'a=1', status: 200 },
  { title: 'more fields than the route accepts', path: '/few', body: many(4), status: 413 },
  { title: 'a form that the parser of the route rejects', path: '/judged', body: 'a=forbidden', status: 418 },
  { title: 'a form at a route for JSON', path: '/json', body: 'a=1', status: 200 },
  { title: 'a form at a route that reads text', path: '/text', body: 'a=1&b', status: 200 },
  { title: 'a form at a route that reads bytes', path: '/bytes', body: 'a=1&b', status: 200 },
  { title: 'a form at a route that reads the stream', path: '/stream', body: 'a=1&b', status: 200 },
  { title: 'a form at a route that reads nothing', path: '/nothing', body: 'a=1', status: 200 },
  { title: 'a form that is longer than a rule for its header allows', path: '/short', body: many(50), status: 413 },
  { title: 'two guards with a parser between them', path: '/guarded-twice', body: 'a=1&a=2&toString=3', status: 200 },
  { title: 'a parser in front of the guard', path: '/read-before', body: 'a=1&toString=2&__proto__=3', status: 200 },
  { title: 'a nested parser in front of the guard', path: '/nested-before', body: 'a[b]=1&toString=2', status: 200 },
  { title: 'another type’s parser in front of the guard', path: '/json-before', body: 'a=1', status: 200 },
  {
    title: 'a character set of the form',
    path: '/simple',
    body: 'a=%E4',
    type: `${FORM}; charset=iso-8859-1`,
    status: 200,
  },
  { title: 'an unknown character set', path: '/simple', body: 'a=1', type: `${FORM}; charset=utf-16`, status: 415 },
  {
    title: 'a query and escaped parts of the path',
    path: '/things/a%2Fb/%2e%2e?x=1&x=2&__proto__=3',
    body: 'a=1',
    status: 200,
  },
  { title: 'another spelling of the path', path: '/SIMPLE', body: 'a=1', status: 200 },
  { title: 'a slash at the end', path: '/simple/', body: 'a=1', status: 200 },
]

const change = '/account/password/change'

/** Forms of the site's own pages that are rejected, so that the second one gets the same response. */
export const ownForms: readonly ComparedForm[] = [
  { title: 'a wrong password', path: change, body: 'password=wrong&new_password=another+good+one', status: 422 },
  { title: 'a field that appears twice', path: change, body: 'password=a&password=b&new_password=c', status: 400 },
  { title: 'a field that is too long', path: change, body: `password=a&new_password=${'x'.repeat(5000)}`, status: 400 },
  { title: 'a NUL in a field', path: change, body: 'password=a%00&new_password=b', status: 400 },
  { title: 'a missing field', path: change, body: 'password=a', status: 422 },
  { title: 'no fields', path: change, body: '', status: 422 },
  { title: 'fields named like members of an object', path: change, body: '__proto__=1&toString=2', status: 422 },
  { title: 'a phone that nobody has', path: '/account/two-factor/phones/99999999/delete', body: '', status: 404 },
  { title: 'an id that is none', path: '/account/two-factor/phones/1e3/delete', body: '', status: 404 },
]
