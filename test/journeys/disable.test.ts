import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import { addTotpDevice } from '../../src/kinds/totp/add-device.js'
import { openTestDatabase } from '../support/database.js'
import { startJourney } from '../support/journey.js'
import { queuedEmailsTo } from '../support/queued-emails.js'
import { createTestUser, type TestUser, signIn, startTestSite, type TestSite } from '../support/site.js'

const page = '/account/two-factor/disable'

describe('turning two-factor authentication off', () => {
  let database: Database
  let site: TestSite
  beforeAll(async () => {
    site = await startJourney()
    database = site.database
  })
  afterAll(() => site.close())
  const devicesOf = async ({ id }: TestUser) =>
    (
      await database.pool.query(
        'select name from totp_devices where user_id = $1 union all select name from static_devices where user_id = $1',
        [id],
      )
    ).rowCount

  it('removes every device, including unconfirmed ones and backup tokens, and ends the other sessions', async () => {
    const person = await createTestUser(site, { staff: false, backupTokens: 2 })
    await database.sequelize.transaction((transaction) =>
      addTotpDevice(site.otp, transaction, { user: person, name: 'Half done', confirmed: false }),
    )
    const elsewhere = await signIn(site, person)
    const browser = await signIn(site, person)
    const before = browser.cookies.get('otp_session')
    expect((await browser.get(page)).text).toContain('name="confirm"')
    expect(await browser.post(page, { confirm: 'yes' })).toMatchObject({ status: 303, location: '/account/two-factor' })
    expect(await devicesOf(person)).toBe(0)
    expect(browser.cookies.get('otp_session')).not.toBe(before)
    expect((await browser.get('/account/two-factor')).status).toBe(200)
    expect((await elsewhere.get('/account/two-factor')).location).toMatch(/^\/account\/login/)
    const again = site.browser()
    const form = { username: person.email, password: person.password }
    expect((await again.post('/account/login', form)).location).toBe('/account/two-factor')
  })

  it('has nothing to turn off afterwards', async () => {
    const browser = await signIn(site, await createTestUser(site, { staff: false, app: false }))
    expect(await browser.get(page)).toMatchObject({ status: 302, location: '/account/two-factor' })
    expect(await browser.post(page, { confirm: 'yes' })).toMatchObject({ status: 302, location: '/account/two-factor' })
  })

  it('requires a confirmation', async () => {
    const person = await createTestUser(site, { staff: false })
    const browser = await signIn(site, person)
    expect(await browser.post(page)).toMatchObject({ status: 422, code: 'confirmation_required' })
    expect(await devicesOf(person)).toBe(1)
  })

  it('notifies the owner by email, and records an event for each device', async () => {
    const person = await createTestUser(site, { staff: false, backupTokens: 1 })
    const browser = await signIn(site, person)
    await browser.post(page, { confirm: 'yes' })
    expect(await queuedEmailsTo(database, person.email)).toContainEqual(
      expect.objectContaining({ mail: 'two-factor-disabled', by: 'owner', browser: 'Firefox 139 on Linux' }),
    )
    const { rows } = await database.pool.query(
      `select event, device from audit_events where user_id = $1 and event in ('device_removed', 'two_factor_disabled')`,
      [person.id],
    )
    expect(rows).toEqual([
      { event: 'device_removed', device: person.app?.persistentId },
      { event: 'device_removed', device: person.backup?.persistentId },
      { event: 'two_factor_disabled', device: null },
    ])
  })

  it('requires a device that verified within five minutes, for GET and POST', async () => {
    const person = await createTestUser(site, { staff: false })
    const pending = site.browser()
    await pending.post('/account/login', { username: person.email, password: person.password })
    const stale = await signIn(site, person)
    const unverified = await signIn(site, await createTestUser(site, { staff: false, app: false }))
    site.clock.advance(301)
    for (const visit of [{ method: 'GET' }, { method: 'HEAD' }, { method: 'POST', form: { confirm: 'yes' } }]) {
      for (const browser of [site.browser(), pending])
        expect((await browser.visit(page, visit)).location).toBe(`/account/login?next=${encodeURIComponent(page)}`)
      expect((await stale.visit(page, visit)).location).toBe(`/account/verify?next=${encodeURIComponent(page)}`)
      expect((await unverified.visit(page, visit)).location).toBe('/account/two-factor')
    }
    expect(await devicesOf(person)).toBe(1)
  })

  it('is not allowed for staff under the default policy, with the reason', async () => {
    const person = await createTestUser(site)
    const browser = await signIn(site, person)
    const asked = await browser.get(page)
    expect(asked.status).toBe(200)
    expect(asked.text).not.toContain('name="confirm"')
    expect(await browser.post(page, { confirm: 'yes' })).toMatchObject({ status: 422, code: 'policy' })
    expect(await devicesOf(person)).toBe(1)
  })
})

describe.each([
  { policy: 'off', staff: 303, others: 303 },
  { policy: 'staff', staff: 422, others: 303 },
  { policy: 'everyone', staff: 422, others: 422 },
  { policy: 'strict', staff: 422, others: 422 },
])('with the policy $policy', ({ policy, staff, others }) => {
  let database: Database
  let site: TestSite
  beforeAll(async () => {
    database = await openTestDatabase()
    site = await startTestSite(database, { OTP_POLICY: policy })
  })
  afterAll(async () => {
    await site.close()
    await database.close()
  })

  it(`answers ${staff} to staff and ${others} to others`, async () => {
    for (const [isStaff, status] of [
      [true, staff],
      [false, others],
    ] as const) {
      const browser = await signIn(site, await createTestUser(site, { staff: isStaff }))
      const answer = await browser.post(page, { confirm: 'yes' })
      expect(answer.status).toBe(status)
      expect(answer.code).toBe(status === 422 ? 'policy' : undefined)
    }
  })
})
