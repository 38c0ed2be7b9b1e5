import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestSite } from '../support/site.js'
import { openSite } from './open-site.js'
import { rawRequest, sendRaw } from './send-raw.js'

let site: TestSite
beforeAll(async () => {
  site = await openSite()
})
afterAll(() => site.close())

const METHODS = ['GET', 'HEAD', 'POST', 'OPTIONS', 'PUT', 'DELETE', 'TRACE', 'PROPFIND']
const TARGETS = ['*', '**', 'foo', 'account/login', '@', '.', '..', ';', 'localhost:80', '*/../account/login', '?', '#']

describe('a request target that is no path (SEC-15)', () => {
  const requests = METHODS.flatMap((method) => TARGETS.map((target) => ({ method, target })))

  it.each(requests)('$method $target is no fault of the site', async ({ method, target }) => {
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

  it('that names the scheme and host as well is a path all the same', async () => {
    const { status } = await sendRaw(site.baseUrl, rawRequest(`GET ${site.baseUrl}/account/login HTTP/1.1`, []))
    expect(status).toBe(200)
  })
})
