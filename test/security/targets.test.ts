import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestUser, signIn, type TestSite } from '../support/site.js'
import { openSite } from './open-site.js'
import { rawRequest, sendRaw } from './send-raw.js'

let site: TestSite
beforeAll(async () => {
  site = await openSite()
})
afterAll(() => site.close())

const METHODS = ['GET', 'HEAD', 'POST', 'OPTIONS', 'PUT', 'DELETE', 'TRACE', 'PROPFIND']
const TARGETS = ['*', '**', 'foo', 'account/login', '@', '.', '..', ';', 'localhost:80', '*/../account/login', '?', '#']

/** Paths that people mistype and that scanners send, as bytes. */
const ODD_PATHS = [
  '//x',
  '//evil.example/account/login',
  '/..;/admin',
  '/%00',
  '/\\evil.example',
  '/account\\login',
  '/account/login?next=%00',
  '/account/login?next[]=1&next[a]=2',
  '/account/login?notice=__proto__',
  '/account/invitation/%',
  '/account/password/reset/%ff',
  '/account/two-factor/devices/__proto__/1/remove',
  '/account/two-factor/devices/totp/99999999999999999999/remove',
  '/admin/api/resources/users%00/actions/list',
  '/admin/api/resources/__proto__/actions/list',
  '/admin/api/resources/users/actions/constructor',
  '/admin/api/resources/users/actions/list?filters.email=%ed%a0%80',
  '/admin/api/resources/users/actions/list?filters.created_at~~from=%2B275760-09-14',
  '/admin/api/resources/users/actions/search/%25%00',
  '/admin/api/resources/users/records/%00/show',
  `/admin/api/resources/users/bulk/bulkDelete?recordIds=${'9'.repeat(400)}`,
  '/assets/..%2f..%2fpackage.json',
  `/account/${'a/'.repeat(7_500)}`,
  `/${'../'.repeat(4_000)}`,
  `/account/login?${'a&'.repeat(5_000)}`,
  'http://evil.example/account/login',
  'http://[::1',
  'ftp://x/y',
  '/\u00e9',
]

describe('a request target that is not a path', () => {
  const requests = METHODS.flatMap((method) => TARGETS.map((target) => ({ method, target })))

  it.each(requests)('$method $target causes no error of the site', async ({ method, target }) => {
    const logged = site.log.length
    const { status } = await sendRaw(site.baseUrl, rawRequest(`${method} ${target} HTTP/1.1`, ['Content-Length: 0']))
    expect(status).toBeGreaterThanOrEqual(200)
    expect(status).toBeLessThan(500)
    expect(site.log.slice(logged).filter((line) => JSON.parse(line).level >= 50)).toEqual([])
  })

  it.each(['GET', 'OPTIONS'])('%s * is 400', async (method) => {
    const { status, body } = await sendRaw(site.baseUrl, rawRequest(`${method} * HTTP/1.1`, []))
    expect([status, body]).toEqual([400, expect.stringContaining('data-code="bad_request"')])
  })

  it('is accepted as a path if it names the scheme and host as well', async () => {
    const { status } = await sendRaw(site.baseUrl, rawRequest(`GET ${site.baseUrl}/account/login HTTP/1.1`, []))
    expect(status).toBe(200)
  })
})

describe.each(['an anonymous request', 'a superuser'])('an odd path, for %s', (who) => {
  let cookies = ''
  beforeAll(async () => {
    if (who === 'an anonymous request') return
    const browser = await signIn(site, await createTestUser(site, { superuser: true }))
    cookies = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  })

  it.each(ODD_PATHS)('%s causes no error and no redirect to another site', async (path) => {
    const logged = site.log.length
    for (const method of [...METHODS, 'QUERY']) {
      const headers = ['Content-Length: 0', `Origin: ${site.baseUrl}`, ...(cookies ? [`Cookie: ${cookies}`] : [])]
      const bytes = Buffer.from(rawRequest(`${method} ${path} HTTP/1.1`, headers), 'latin1')
      const { status, head } = await sendRaw(site.baseUrl, bytes)
      expect([method, status >= 200 && status < 500, status]).toEqual([method, true, status])
      expect(head).not.toMatch(/^location: (\/[\\/]|https?:\/\/evil)/im)
    }
    expect(site.log.slice(logged).filter((line) => JSON.parse(line).level >= 50)).toEqual([])
  })
})
