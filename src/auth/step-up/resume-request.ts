import { parse } from 'node:querystring'
import { type NextFunction, type Request, type RequestHandler, type Response, Router } from 'express'
import { hostSetting } from '../../http/host-isolation.js'
import { forgetBytes } from '../../http/forms/read-form.js'
import { announce, replayBody } from '../../http/forms/replay-body.js'
import type { Auth } from '../auth.js'
import { refreshRequestUser } from '../load-request-user.js'
import { findForm, type PendingRequest, setFormsAside, takePendingRequest } from '../session/pending-request.js'
import { saveSession } from '../session/session.js'
import { pageAt } from '../session/way-back.js'
import { formAt } from './show-step-up.js'

/** Requests that continue as a stored form. */
const resumed = new WeakSet<Request>()

/**
 * Applies to a stored form the rules that a new request to its path would pass through. Passes every
 * other request on.
 *
 * @param rules the same ones that the site mounts for new requests, so that none is forgotten
 */
export function checkResumed(...rules: RequestHandler[]): RequestHandler {
  const router = Router().use(...rules)
  return (req, res, next) => (resumed.has(req) ? router(req, res, next) : next())
}

/**
 * Completes the stored form for this path, or redirects back if there is none. The form continues
 * within this request, to the site's pages and the host's routes after them. The site's rules and
 * the routes' guards and parsers apply to it again.
 */
export async function resumeRequest(auth: Auth, req: Request, res: Response, next: NextFunction): Promise<void> {
  const at = formAt(req)
  const form = findForm(req, at)
  if (!form && at.name !== null) return res.redirect(303, '/account/two-factor?done=form_gone')
  if (!form) return res.redirect(303, pageAt(auth, at.url) ?? '/account/two-factor')
  const pending = await takePendingRequest(auth, req, form)
  // A token without a form's name has completed the form that was waiting for the path.
  if (at.name === null) setFormsAside(req, at.url)
  if (!pending) return res.redirect(303, '/account/two-factor?done=too_late')
  // A handler that replaces the session needs its row.
  await saveSession(req)
  putBack(req, pending)
  await refreshRequestUser(auth, req)
  resumed.add(req)
  next()
}

/** Turns the request into the stored one. Its body can be read again, unless a host's parser had read it before. */
function putBack(req: Request, { url, announced, bytes, body, isBare }: PendingRequest): void {
  req.url = req.originalUrl = url
  replayQuery(req)
  announce(req, announced)
  forgetBytes(req)
  const fields = isBare ? Object.assign(Object.create(null), body) : body
  // body-parser 1 skips the body if `_body` is set.
  Object.assign(req, { body: fields, _body: bytes === null })
  if (bytes !== null) replayBody(req, Buffer.from(bytes, 'base64'))
}

/**
 * Parses the query again after a request's URL was replaced. Express 5 reads it from the URL each time;
 * Express 4, and middleware that makes `req.query` writable, stored it on the request on arrival.
 */
function replayQuery(req: Request): void {
  if (!Object.hasOwn(req, 'query')) return
  const hostParser = hostSetting(req, 'query parser fn')
  const [, query = ''] = /\?(.*)$/s.exec(req.url) ?? []
  const value: unknown = typeof hostParser === 'function' ? hostParser(query) : parse(query)
  Object.defineProperty(req, 'query', { value, writable: true, configurable: true, enumerable: true })
}
