import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestSite } from '../support/site.js'
import { openSite } from './open-site.js'
import { rawRequest, sendRaw } from './send-raw.js'
import { type SignedInRequester, signInRequester } from './requesters.js'

let site: TestSite
const cookies = new Map<string, string>()

beforeAll(async () => {
  site = await openSite()
  for (const requester of ['anonymous', 'pending', 'unverified staff', 'verified staff'] as const)
    cookies.set(requester, cookieOf(await signInRequester(site, requester)))
})
afterAll(() => site.close())

function cookieOf({ browser }: SignedInRequester): string {
  return [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
}

const targets = [
  '/admin',
  '/admin/resources/users',
  '/admin/resources/users/records/1/show',
  '/admin/api/dashboard',
  '/admin/api/resources/users/actions/list',
  '/admin/api/resources/users/records/1/show',
  '/account/two-factor',
  '/account/two-factor/sessions',
]

/** Ways to write a path so that a guard and a router could read it differently. */
const variants: readonly [name: string, write: (path: string) => string][] = [
  ['as it is', (path) => path],
  ['a trailing slash', (path) => `${path}/`],
  ['two trailing slashes', (path) => `${path}//`],
  ['a double slash in front', (path) => `/${path}`],
  ['double slashes', (path) => path.replaceAll('/', '//')],
  ['a double slash after the first part', (path) => path.replace(/^(\/\w+)/, '$1/')],
  ['upper case', (path) => path.toUpperCase()],
  ['one letter in upper case', (path) => path.replace('/a', '/A')],
  ['API in upper case', (path) => path.replace('/api', '/API')],
  ['an encoded letter', (path) => path.replace('/a', '/%61')],
  ['an encoded letter at the end', (path) => `${path.slice(0, -1)}%${path.slice(-1).charCodeAt(0).toString(16)}`],
  ['a doubly encoded letter', (path) => path.replace('/a', '/%2561')],
  ['encoded slashes', (path) => `/${path.slice(1).replaceAll('/', '%2f')}`],
  ['doubly encoded slashes', (path) => `/${path.slice(1).replaceAll('/', '%252F')}`],
  ['an encoded slash at the end', (path) => `${path}%2f`],
  ['a matrix parameter', (path) => `${path};x=1`],
  ['a matrix parameter after the first part', (path) => path.replace(/^(\/\w+)/, '$1;x=1')],
  ['a query', (path) => `${path}?x=1`],
  ['a query that contains another path', (path) => `${path}?/healthz`],
  ['a fragment', (path) => `${path}#x`],
  ['an encoded query', (path) => `${path}%3Fx`],
  ['dot segments', (path) => `/x/..${path}`],
  ['encoded dot segments', (path) => `/x/%2e%2e${path}`],
  ['dot segments out of an open path', (path) => `/healthz/..${path}`],
  ['dot segments inside', (path) => path.replace(/^(\/\w+)/, '$1/./x/..')],
  ['backslashes', (path) => path.replaceAll('/', '\\')],
  ['a backslash inside', (path) => path.replace(/^(\/\w+)\//, '$1\\')],
  ['an encoded backslash', (path) => path.replace(/^(\/\w+)\//, '$1%5c')],
  ['absolute-form', (path) => `http://localhost${path}`],
  ['absolute-form with another host', (path) => `http://evil.example${path}`],
  ['an encoded NUL', (path) => `${path}%00`],
  ['an encoded NUL and an ending', (path) => `${path}%00.css`],
  ['a raw NUL', (path) => `${path}\0`],
  ['a raw tab', (path) => `${path}\t`],
  ['a bad percent escape', (path) => `${path}%zz`],
  ['half a percent escape', (path) => `${path}%`],
  ['an invalid UTF-8 escape', (path) => `${path}%c0%af`],
  ['an ending', (path) => `${path}.json`],
  ['an ending that is open', (path) => `${path}/site.css`],
  ['without the first slash', (path) => path.slice(1)],
  ['a full-width letter', (path) => path.replace('/a', '/%EF%BD%81')],
  ['very long', (path) => `${path}?${'x'.repeat(8000)}`],
]

const methods = ['HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'get', 'FOO']

/** Headers that make some servers and proxies read a request as another one. */
const disguises = [
  'X-HTTP-Method-Override: GET',
  'X-Method-Override: GET',
  'X-Original-URL: /healthz',
  'X-Rewrite-URL: /healthz',
  'X-Forwarded-For: 127.0.0.1',
  'X-Forwarded-Proto: https',
  'X-Forwarded-Host: admin.example.com',
  'X-Forwarded-Prefix: /admin',
  'Forwarded: for=127.0.0.1;proto=https;host=localhost',
  'X-Real-IP: 127.0.0.1',
  'X-Remote-User: admin',
  'Authorization: Basic YWRtaW46YWRtaW4=',
  'Cookie: otp_session=s%3Aadmin.x',
  'Cookie: otp_session=true; adminUser=1; connect.sid=x',
  'Accept: application/json',
  'X-Requested-With: XMLHttpRequest',
  'Purpose: prefetch',
]

/** Contents of the panel, data of a user or internals of the server. */
const INSIDE =
  /panel-state|panel-user|"records":|"meta":|data-devices|other@example\.com|node_modules|at .+:\d+:\d+|SELECT /i
const REFUSED = [302, 400, 401, 403, 404, 405]

async function visit(requester: string, firstLine: string, headers: readonly string[] = []) {
  const cookie = cookies.get(requester)
  return sendRaw(site.baseUrl, rawRequest(firstLine, [...(cookie ? [`Cookie: ${cookie}`] : []), ...headers]))
}

const outside = ['anonymous', 'pending', 'unverified staff']

/** The problems with this request, sent by everyone without access, to every path. */
async function leaks(method: string, write: (path: string) => string, headers: readonly string[] = []) {
  const found: string[] = []
  for (const requester of outside)
    for (const path of targets) {
      const line = `${method} ${write(path)} HTTP/1.1`
      const { status, body } = await visit(requester, line, headers)
      // OPTIONS returns the methods of a page that is not part of the panel.
      const isFine = REFUSED.includes(status) || (method === 'OPTIONS' && status === 200 && path.startsWith('/account'))
      if (!isFine || INSIDE.test(body)) found.push(`${requester}: ${line}: ${status} ${body.slice(0, 80)}`)
    }
  return found
}

describe('a requester without access gets nothing', () => {
  it.each(variants)('at a path with %s', async (_name, write) => {
    expect(await leaks('GET', write)).toEqual([])
    expect(await leaks('HEAD', write)).toEqual([])
    expect(await leaks('POST', write)).toEqual([])
  })

  it.each(methods)('by %s', async (method) => {
    expect(await leaks(method, (path) => path)).toEqual([])
  })

  it.each(disguises)('with %s', async (header) => {
    expect(await leaks('GET', (path) => path, [header])).toEqual([])
    expect(await leaks('POST', (path) => path, [header])).toEqual([])
  })
})

describe('for verified staff', () => {
  const faults = async (method: string, write: (path: string) => string) => {
    const found: string[] = []
    // A POST there ends all sessions.
    for (const path of targets.filter((target) => method === 'GET' || !target.endsWith('/sessions'))) {
      const line = `${method} ${write(path)} HTTP/1.1`
      const { status, body } = await visit('verified staff', line)
      if (![200, ...REFUSED].includes(status) || /node_modules|SELECT /.test(body)) found.push(`${line}: ${status}`)
    }
    return found
  }

  it.each(targets)('opens %s by its own name', async (path) => {
    expect((await visit('verified staff', `GET ${path} HTTP/1.1`)).status).toBe(200)
  })

  it.each(variants)('causes no error for a path with %s', async (_name, write) => {
    expect(await faults('GET', write)).toEqual([])
  })

  it.each(methods)('causes no error for %s', async (method) => {
    expect(await faults(method, (path) => path)).toEqual([])
  })
})

it('answers in JSON under the API for every spelling of the path', async () => {
  for (const address of ['/admin/api/x', 'http://localhost/admin/api/x', 'http://evil.example/admin/api/x?y']) {
    const answer = await visit('anonymous', `GET ${address} HTTP/1.1`)
    expect(answer.status).toBe(401)
    expect(JSON.parse(answer.body)).toMatchObject({ error: { code: 'not_authenticated' } })
  }
})

it('logs no error and redirects nobody to another site', async () => {
  expect(site.log.filter((line) => /"level":(50|60)/.test(line))).toEqual([])
  for (const address of [
    'http://evil.example/admin',
    '//evil.example/admin',
    '/admin//evil.example',
    '/admin/\\evil.example',
  ]) {
    const { head } = await visit('anonymous', `GET ${address} HTTP/1.1`)
    const location = /^location: (.*)$/im.exec(head)?.[1] ?? '/'
    expect(new URL(location, site.baseUrl).origin).toBe(site.baseUrl)
    expect(decodeURIComponent(location)).not.toMatch(/next=(https?:|\/\/|\/\\)/)
  }
})
