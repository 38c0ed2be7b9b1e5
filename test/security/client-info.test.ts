import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestUser, signIn, startTestSite, type TestSite } from '../support/site.js'
import { openSite } from './open-site.js'

const login = '/account/login'
let site: TestSite
beforeAll(async () => void (site = await openSite({ LOGIN_ADDRESS_LIMIT: '5' })))
afterAll(() => site.close())

const forget = () => site.database.pool.query('delete from rate_limits')
const fail = async (times: number, at = site, headers: Record<string, string> = {}) => {
  for (let index = 0; index < times; index += 1)
    await at
      .browser()
      .visit(login, { method: 'POST', form: { username: `no${index}@x.example`, password: 'x' }, headers })
}

describe('a limit for an IP address', () => {
  it('does not apply to the step-up of a verified session', async () => {
    await forget()
    const alice = await createTestUser(site)
    const browser = await signIn(site, alice)
    await fail(6)
    site.clock.advance(301)
    const answer = await browser.post('/account/verify', { otp_token: alice.code() })
    expect(answer.status).toBe(303)
  })

  it('does not apply to a browser in which the user has signed in before', async () => {
    await forget()
    const carol = await createTestUser(site)
    const browser = await signIn(site, carol)
    await browser.post('/account/logout')
    await fail(6)
    expect((await site.browser().post(login, { username: carol.email, password: carol.password })).status).toBe(429)
    site.clock.advance(30)
    expect((await browser.post(login, { username: carol.email, password: carol.password })).status).toBe(303)
    expect((await browser.post(login, { otp_token: carol.code() })).location).toBe('/admin')
  })

  it('does not apply to a forgotten password if it is for failed sign-ins', async () => {
    await forget()
    await fail(6)
    expect((await site.browser().post('/account/password/forgot', { username: 'a@example.com' })).status).toBe(303)
  })

  it('is not shared by clients whose IP address is unknown, which is logged once', async () => {
    await forget()
    const behind = await startTestSite(site.database, { LOGIN_ADDRESS_LIMIT: '5', TRUST_PROXY: '1' })
    const person = await createTestUser(behind)
    await fail(8, behind, { 'X-Forwarded-For': 'unknown' })
    const form = { username: person.email, password: person.password }
    const answer = await behind
      .browser()
      .visit(login, { method: 'POST', form, headers: { 'X-Forwarded-For': '_hidden' } })
    expect(answer.status).toBe(303)
    expect(behind.log.filter((line) => line.includes('client is unknown'))).toHaveLength(1)
    await behind.close()
  })

  it.each([
    'X-Forwarded-For',
    'Forwarded',
    'X-Real-IP',
    'CF-Connecting-IP',
    'True-Client-IP',
    'Fly-Client-IP',
    'X-Azure-ClientIP',
  ])('is logged once as shared by everyone if %s arrives and TRUST_PROXY is not set', async (name) => {
    const fresh = await startTestSite(site.database)
    for (let index = 0; index < 3; index += 1) await fresh.browser().visit(login, { headers: { [name]: '192.0.2.1' } })
    expect(fresh.log.filter((line) => line.includes('set TRUST_PROXY'))).toHaveLength(1)
    await fresh.close()
  })
})

describe('a client that resets its connection', () => {
  it('is recorded with its IP address', async () => {
    await forget()
    const person = await createTestUser(site)
    const body = new URLSearchParams({ username: person.email, password: 'wrong' }).toString()
    const { hostname, port } = new URL(site.baseUrl)
    const request = [
      `POST ${login} HTTP/1.1`,
      `Host: ${hostname}:${port}`,
      'Content-Type: application/x-www-form-urlencoded',
      `Content-Length: ${body.length}`,
      '',
      body,
    ].join('\r\n')
    for (let index = 0; index < 5; index += 1)
      await new Promise<void>((resolve) => {
        const socket = connect(Number(port), hostname, () =>
          socket.write(request, () =>
            setImmediate(() => {
              socket.resetAndDestroy()
              resolve()
            }),
          ),
        )
      })
    await expect
      .poll(async () => {
        const sql = "select address from audit_events where event = 'sign_in_refused' and user_id = $1"
        return (await site.database.pool.query<{ address: string }>(sql, [person.id])).rows.map(
          ({ address }) => address,
        )
      })
      .toEqual(Array.from({ length: 5 }, () => '127.0.0.1'))
  })
})
