import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createInvitation } from '../../src/auth/links/create-invitation.js'
import type { Database } from '../../src/db/connect.js'
import { noClient } from '../../src/client-info.js'
import { generateHotp } from '../../src/otp/tokens/oath.js'
import { appCode } from '../support/authenticator.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { openTestDatabase } from '../support/database.js'
import { giveDevice, SECRET } from '../support/device-states.js'
import {
  createTestUser,
  type TestUser,
  signIn,
  startTestSite,
  type TestSite,
  type TestUserTraits,
} from '../support/site.js'

const login = '/account/login'
const setup = '/account/two-factor/setup'
const add = '/account/two-factor/hardware-tokens/add'

describe('a device that an administrator disables during a sign-in or setup', () => {
  let database: Database
  let site: TestSite
  beforeAll(async () => {
    database = await openTestDatabase()
    site = await startTestSite(database, { OTP_POLICY: 'off', TRUST_BROWSER_DAYS: '30' })
  })
  afterAll(async () => {
    await site.close()
    await database.close()
  })

  const owner = (traits: TestUserTraits = {}) => createTestUser(site, { superuser: true, ...traits })
  const password = (browser: HttpBrowser, { email, password: typed }: TestUser, more = {}) =>
    browser.post(login, { username: email, password: typed, ...more })
  const token = ({ app, code }: TestUser) => ({ otp_device: app?.persistentId ?? '', otp_token: code() })

  async function setConfirmed(kind: string, id: number | undefined, confirmed: boolean): Promise<void> {
    const root = await signIn(site, await owner())
    const edit = `/admin/api/resources/${kind}_devices/records/${id}/edit`
    expect((await root.post(edit, { confirmed: String(confirmed) })).status).toBe(200)
    // The administrator has used the token of this moment; the next one needs another time step.
    site.clock.advance(30)
  }

  async function invited(person: TestUser): Promise<HttpBrowser> {
    const invitation = { userId: person.id, actorId: null, client: noClient }
    const { link } = await database.sequelize.transaction((transaction) =>
      createInvitation(site.otp, transaction, invitation, site.baseUrl),
    )
    const browser = site.browser()
    expect((await browser.post(new URL(link).pathname, { password: person.password })).location).toBe(setup)
    return browser
  }

  /** Begins to set up an authenticator app. @returns the codes that it would show */
  async function beginApp(browser: HttpBrowser): Promise<() => string> {
    await browser.post(setup, { method: 'totp' })
    const key = /<code class="secret"[^>]*>([A-Z2-7 ]+)</.exec((await browser.get(setup)).text)?.[1]
    if (!key) throw new Error('The page shows no key.')
    return () => appCode(key, site.clock.now())
  }

  const active = async ({ id }: TestUser) => {
    const { rows } = await database.pool.query(
      `select 'totp' as kind from totp_devices where user_id = $1 and confirmed
      union all select 'hotp' from hotp_devices where user_id = $1 and confirmed`,
      [id],
    )
    return rows.map(({ kind }) => kind)
  }
  const expectShut = async (browser: HttpBrowser) => {
    for (const page of ['/admin', '/account/two-factor/backup-tokens', '/account/password/change', add])
      expect([page, (await browser.get(page)).status]).toEqual([page, 302])
  }

  it('ends the setup of another device in a session that it verified', async () => {
    const alice = await owner()
    const browser = await signIn(site, alice)
    const key = { name: 'Token', key: SECRET.toString('hex'), digits: '6', counter: '0' }
    const confirm = (await browser.post(add, key)).location ?? ''
    expect(confirm).toMatch(/\/confirm$/)
    await setConfirmed('totp', alice.app?.id, false)
    expect((await browser.post(confirm, { otp_token: generateHotp(SECRET, 0, 6) })).location).toMatch(
      /^\/account\/login/,
    )
    expect(await active(alice)).toEqual([])
    await expectShut(browser)
  })

  it('ends the setup of a first device that began before it was added', async () => {
    const alice = await owner({ app: false })
    const browser = site.browser()
    await password(browser, alice)
    const code = await beginApp(browser)
    await setConfirmed('hotp', await giveDevice(site.otp, alice.id, 'hotp', 'active'), false)
    expect((await browser.post(setup, { otp_token: code() })).location).toMatch(/^\/account\/login/)
    expect(await active(alice)).toEqual([])
    await expectShut(browser)
  })

  it('is not confirmed by the page on which it was being set up', async () => {
    const alice = await owner({ app: false })
    const browser = site.browser()
    await password(browser, alice)
    const code = await beginApp(browser)
    for (const confirmed of [true, false])
      await database.pool.query('update totp_devices set confirmed = $2 where user_id = $1', [alice.id, confirmed])
    expect((await browser.post(setup, { otp_token: code() })).location).toMatch(/^\/account\/login/)
    expect(await active(alice)).toEqual([])
    await expectShut(browser)
  })

  it('does not sign in after the password was entered, or with both in one form', async () => {
    const alice = await owner()
    const browser = site.browser()
    await password(browser, alice)
    await setConfirmed('totp', alice.app?.id, false)
    expect((await browser.post(login, token(alice))).status).toBe(422)
    const { otp_token } = token(alice)
    for (const form of [{ otp_token }, token(alice)]) {
      const other = site.browser()
      expect(await password(other, alice, form)).toMatchObject({ status: 422, code: 'invalid_token' })
      await expectShut(other)
    }
    await expectShut(browser)
  })

  it('revokes its trusted browser, which stays revoked when it is enabled again', async () => {
    const alice = await owner()
    const browser = site.browser()
    await password(browser, alice)
    site.clock.advance(30)
    expect((await browser.post(login, { ...token(alice), trust_browser: 'on' })).location).toBe('/admin')
    await browser.post('/account/logout')
    expect((await password(browser, alice)).location).toBe('/admin')
    await browser.post('/account/logout')
    for (const confirmed of [false, true]) {
      await setConfirmed('totp', alice.app?.id, confirmed)
      expect((await password(browser, alice)).location).toBe(login)
      await expectShut(browser)
    }
  })

  it('does not complete a form that was saved for its code', async () => {
    const alice = await owner()
    const browser = await signIn(site, alice)
    site.clock.advance(400)
    const change = { password: alice.password, new_password: 'another good one' }
    expect((await browser.post('/account/password/change', change)).location).toMatch(/^\/account\/verify/)
    await setConfirmed('totp', alice.app?.id, false)
    await browser.post('/account/verify', { ...token(alice), next: '/account/password/change' })
    await expectShut(browser)
    expect((await password(site.browser(), { ...alice, password: change.new_password })).code).toBe('invalid_login')
  })

  it('is required again in the session of an invitation once it is enabled', async () => {
    const alice = await owner()
    await setConfirmed('totp', alice.app?.id, false)
    const browser = await invited(alice)
    const code = await beginApp(browser)
    await setConfirmed('totp', alice.app?.id, true)
    expect((await browser.post(setup, { otp_token: code() })).location).toMatch(/^\/account\/login/)
    expect(await active(alice)).toEqual(['totp'])
    await expectShut(browser)
  })

  it('cannot be replaced in the session of the invitation that it was set up with', async () => {
    const alice = await owner({ app: false })
    const browser = await invited(alice)
    const code = await beginApp(browser)
    expect((await browser.post(setup, { otp_token: code() })).location).toBe(`${setup}/complete`)
    const { rows } = await database.pool.query('select id from totp_devices where user_id = $1', [alice.id])
    await setConfirmed('totp', rows[0]?.id, false)
    expect((await browser.post(setup, { method: 'totp' })).location).toMatch(/^\/account\/login/)
    expect(await active(alice)).toEqual([])
    await expectShut(browser)
  })
})
