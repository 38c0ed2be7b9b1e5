import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { openTestDatabase } from '../support/database.js'
import { createTestUser, type TestUser, signIn, startTestSite, type TestSite } from '../support/site.js'

/** A request whose headers have arrived, and whose body follows when `finish` is called. */
function begin(site: TestSite, browser: HttpBrowser, path: string) {
  const Cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const form = 'new_password=quite+another+word&password=correct+horse+battery&confirm=on&name=Held&method=totp'
  const headers = {
    Cookie,
    Origin: site.baseUrl,
    'Sec-Fetch-Site': 'same-origin',
    'Content-Type': 'application/x-www-form-urlencoded',
    'Content-Length': String(form.length),
  }
  const sent = request(site.baseUrl + path, { method: 'POST', headers })
  sent.flushHeaders()
  const answered = new Promise<{ status: number; cookie: string | undefined }>((resolve, reject) => {
    sent.once('error', reject)
    sent.once('response', (response) => {
      response.resume()
      const [line] = response.headers['set-cookie'] ?? []
      resolve({ status: response.statusCode ?? 0, cookie: /otp_session=([^;]+)/.exec(line ?? '')?.[1] })
    })
  })
  const finish = () => {
    sent.end(form)
    return answered
  }
  return finish
}

describe('a request whose body is delayed while its session is ended', () => {
  let database: Database
  let site: TestSite
  beforeAll(async () => {
    database = await openTestDatabase()
    site = await startTestSite(database, { OTP_POLICY: 'off' })
  })
  afterAll(async () => {
    await site.close()
    await database.close()
  })

  /** Waits until the server has read the headers: another request sent after them was answered. */
  const arrived = () => site.browser().get('/account/login')
  const isIn = async (browser: HttpBrowser) => (await browser.get('/admin/api/dashboard')).status === 200
  const everything = async ({ id }: TestUser) => {
    const { rows } = await database.pool.query(
      `select u.password_hash, u.name, u.auth_epoch, (select count(*) from totp_devices d where d.user_id = u.id) as devices
      from users u where u.id = $1`,
      [id],
    )
    return rows
  }
  /** The owner's page lists all of their other sessions, with a button each. */
  const endOthersOneByOne = async (owner: HttpBrowser) => {
    const { text } = await owner.get('/account/two-factor')
    for (const [, session = ''] of text.matchAll(/name="session" value="([^"]+)"/g))
      await owner.post('/account/two-factor/sessions/end', { session })
  }

  it.each([
    '/account/two-factor/sessions/others',
    '/account/two-factor/sessions',
    '/account/password/change',
    '/account/two-factor/disable',
    '/account/two-factor/setup',
    '/account/two-factor/backup-tokens',
  ])('does nothing at %s, and gets no session back', async (path) => {
    const person = await createTestUser(site)
    const thief = await signIn(site, person)
    const owner = await signIn(site, person)
    const finish = begin(site, thief, path)
    await arrived()
    await owner.post('/account/two-factor/sessions/others')
    const before = await everything(person)
    const { cookie } = await finish()
    if (cookie) thief.cookies.set('otp_session', cookie)
    expect(await isIn(thief)).toBe(false)
    expect(await everything(person)).toEqual(before)
    expect(await isIn(owner)).toBe(true)
  })

  it('does nothing if only that session was ended', async () => {
    const person = await createTestUser(site)
    const thief = await signIn(site, person)
    const owner = await signIn(site, person)
    const finish = begin(site, thief, '/account/two-factor/sessions/others')
    await arrived()
    await endOthersOneByOne(owner)
    expect(await isIn(thief)).toBe(false)
    const { cookie } = await finish()
    if (cookie) thief.cookies.set('otp_session', cookie)
    expect(await isIn(thief)).toBe(false)
    expect(await isIn(owner)).toBe(true)
  })

  it('changes nothing by a call of the panel', async () => {
    const person = await createTestUser(site, { superuser: true })
    const other = await createTestUser(site)
    const thief = await signIn(site, person)
    const owner = await signIn(site, person)
    const finish = begin(site, thief, `/admin/api/resources/users/records/${other.id}/edit`)
    await arrived()
    await owner.post('/account/two-factor/sessions/others')
    const before = await everything(other)
    expect((await finish()).status).toBe(401)
    expect(await everything(other)).toEqual(before)
  })
})
