import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { purgeExpired } from '../../src/purge-expired.js'
import type { Database } from '../../src/db/connect.js'
import { addTotpDevice } from '../../src/kinds/totp/add-device.js'
import { generateHotp, timeStep } from '../../src/otp/tokens/oath.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { startJourney } from '../support/journey.js'
import { createTestUser, signIn, type TestSite } from '../support/site.js'
import { rename, stepUpSteps, VERIFY, verifyFor } from '../support/step-up-steps.js'

const second = Buffer.from('another secret, 20 b')

describe('a step-up', () => {
  let database: Database
  let site: TestSite
  const { nameOf, stale } = stepUpSteps(() => site)
  beforeAll(async () => {
    site = await startJourney()
    database = site.database
  })
  afterAll(() => site.close())
  const kept = async () => (await database.pool.query('select id, sealed from kept_requests')).rows
  const cookieOf = (browser: HttpBrowser) => browser.cookies.get('otp_session') ?? ''

  it('is not required within five minutes, and is required a second later', async () => {
    const person = await createTestUser(site)
    const browser = await signIn(site, person)
    site.clock.advance(300)
    expect((await browser.get(rename(person))).status).toBe(200)
    site.clock.advance(1)
    expect(await browser.get(rename(person))).toMatchObject({ status: 302, location: verifyFor(rename(person)) })
  })

  it('redirects there and back under a new session ID, and the old one is not accepted', async () => {
    const person = await createTestUser(site)
    const browser = await stale(person)
    const page = await browser.get(verifyFor(rename(person)))
    expect(page.text).toContain(`value="${rename(person)}"`)
    const old = cookieOf(browser)
    const next = rename(person)
    expect(await browser.post(VERIFY, { otp_token: person.code(), next })).toMatchObject({
      status: 303,
      location: next,
    })
    expect(cookieOf(browser)).not.toBe(old)
    const thief = site.browser()
    thief.cookies.set('otp_session', old)
    expect((await thief.get('/admin')).status).toBe(302)
    expect((await browser.get(next)).status).toBe(200)
  })

  it('does not change the age of the session since its sign-in', async () => {
    const person = await createTestUser(site)
    const browser = await stale(person)
    const began = async () => {
      const { rows } = await database.pool.query(
        `select sess ->> 'signedInAt' as at from sessions where sess ->> 'userId' = $1`,
        [String(person.id)],
      )
      return rows
    }
    const before = await began()
    await browser.post(VERIFY, { otp_token: person.code() })
    expect(await began()).toEqual(before)
  })

  it('completes the submitted form', async () => {
    const person = await createTestUser(site)
    const browser = await stale(person)
    const away = await browser.post(rename(person), { name: 'Kept name' })
    expect(away).toMatchObject({ status: 302, location: verifyFor(rename(person)) })
    expect(await nameOf(person)).toBe('App')
    const page = await browser.get(away.location ?? '')
    expect(page.text).toContain('then finish what you started')
    expect(page.text).not.toContain('Kept name')
    const done = await browser.post(VERIFY, { otp_token: person.code(), next: rename(person) })
    expect(done).toMatchObject({ status: 303, location: '/account/two-factor?done=renamed' })
    expect(await nameOf(person)).toBe('Kept name')
  })

  it('stores the form encrypted, and not in the session', async () => {
    const person = await createTestUser(site)
    const browser = await stale(person)
    await browser.post(rename(person), { name: 'Kept name' })
    const { rows } = await database.pool.query('select sess from sessions')
    const written = JSON.stringify([rows, await kept()]) + site.log.join('')
    expect(written).not.toContain('Kept name')
    expect(JSON.stringify(rows)).toContain((await kept())[0].id)
    await browser.post(VERIFY, { otp_token: person.code(), next: rename(person) })
    expect(await kept()).toEqual([])
  })

  it('completes it after a rejection and another attempt', async () => {
    const person = await createTestUser(site)
    const browser = await stale(person)
    await browser.post(rename(person), { name: 'Patience' })
    const next = rename(person)
    expect(await browser.post(VERIFY, { otp_token: '', next })).toMatchObject({ status: 422, code: 'token_required' })
    const wrong = await browser.post(VERIFY, { otp_token: '000000', next })
    expect(wrong).toMatchObject({ status: 422, code: 'invalid_token' })
    expect(wrong.text).toContain('then finish what you started')
    expect(await browser.post(VERIFY, { otp_token: person.code(), next })).toMatchObject({ status: 429 })
    site.clock.advance(1)
    expect((await browser.post(VERIFY, { otp_token: person.code(), next })).location).toContain('done=renamed')
    expect(await nameOf(person)).toBe('Patience')
  })

  it('completes it once: the same answer again changes nothing', async () => {
    const person = await createTestUser(site)
    const browser = await stale(person)
    await browser.post(rename(person), { name: 'Once' })
    await browser.post(VERIFY, { otp_token: person.code(), next: rename(person) })
    await database.pool.query(`update totp_devices set name = 'Other' where user_id = $1`, [person.id])
    site.clock.advance(30)
    const again = await browser.post(VERIFY, { otp_token: person.code(), next: rename(person) })
    expect(again).toMatchObject({ status: 303, location: rename(person) })
    expect(await nameOf(person)).toBe('Other')
  })

  it('does not complete it from another session of the same user', async () => {
    const person = await createTestUser(site)
    const other = await signIn(site, person)
    const browser = await stale(person)
    await browser.post(rename(person), { name: 'Elsewhere' })
    await other.post(VERIFY, { otp_token: person.code(), next: rename(person) })
    expect(await nameOf(person)).toBe('App')
  })

  it('does not complete it after five minutes, and says so', async () => {
    const person = await createTestUser(site)
    const browser = await stale(person)
    await browser.post(rename(person), { name: 'Too late' })
    site.clock.advance(300)
    const late = await browser.post(VERIFY, { otp_token: person.code(), next: rename(person) })
    expect(late.location).toBe('/account/two-factor?done=too_late')
    expect((await browser.get(late.location ?? '')).text).toContain('nothing was changed')
    expect(await nameOf(person)).toBe('App')
  })

  it('deletes it after that, even if nobody comes back', async () => {
    const person = await createTestUser(site)
    await (await stale(person)).post(rename(person), { name: 'Forgotten' })
    await purgeExpired(site)
    expect(await kept()).toHaveLength(1)
    site.clock.advance(300)
    await purgeExpired(site)
    expect(await kept()).toEqual([])
  })

  it('does not complete it on the way to another page', async () => {
    const person = await createTestUser(site)
    const browser = await stale(person)
    await browser.post(rename(person), { name: 'By surprise' })
    const elsewhere = `/account/two-factor/devices/${person.app?.persistentId}/remove`
    await browser.get(elsewhere)
    expect((await browser.post(VERIFY, { otp_token: person.code(), next: elsewhere })).location).toBe(elsewhere)
    expect(await nameOf(person)).toBe('App')
  })

  it('drops it when its own page is requested again', async () => {
    const person = await createTestUser(site)
    const browser = await stale(person)
    await browser.post(rename(person), { name: 'Given up' })
    await browser.get(rename(person))
    expect((await browser.get(verifyFor(rename(person)))).text).not.toContain('then finish what you started')
    const answer = await browser.post(VERIFY, { otp_token: person.code(), next: rename(person) })
    expect(answer).toMatchObject({ status: 303, location: rename(person) })
    expect(await nameOf(person)).toBe('App')
  })

  it('completes it once for two requests at once', async () => {
    const person = await createTestUser(site)
    const add = { user: person, name: 'Second', secret: second, confirmed: true }
    const { device } = await database.sequelize.transaction((transaction) => addTotpDevice(site.otp, transaction, add))
    const browser = await stale(person)
    await browser.post(rename(person), { name: 'Raced' })
    const twin = site.browser()
    twin.cookies.set('otp_session', cookieOf(browser))
    const next = rename(person)
    const codes = [
      { otp_device: person.app?.persistentId ?? '', otp_token: person.code() },
      { otp_device: device.persistentId, otp_token: generateHotp(second, timeStep(site.clock.now(), 30, 0), 6) },
    ]
    const answers = await Promise.all(
      [browser, twin].map((each, index) => each.post(VERIFY, { ...codes[index], next })),
    )
    expect(answers.filter(({ location }) => location?.includes('done=renamed'))).toHaveLength(1)
    const { rows } = await database.pool.query(
      `select 1 from audit_events where user_id = $1 and event = 'device_renamed'`,
      [person.id],
    )
    expect(rows).toHaveLength(1)
  })

  it('stores no form larger than 16 kB, and no other body, and says so', async () => {
    const person = await createTestUser(site)
    const browser = await stale(person)
    const big = await browser.post(rename(person), { name: 'x'.repeat(20_000) })
    expect(big).toMatchObject({ status: 403, code: 'step_up_required' })
    expect(big.text).toContain('it contains files or is larger than 16 kB')
    expect(big.text).toContain(`href="${verifyFor(rename(person)).replaceAll('&', '&amp;')}"`)
    const headers = { 'Content-Type': 'application/json' }
    const json = await browser.visit(rename(person), { method: 'POST', body: '{"name":"x"}', headers })
    expect(json).toMatchObject({ status: 403, code: 'step_up_required' })
    expect(await kept()).toEqual([])
  })

  it('is for verified users: others are redirected to the sign-in', async () => {
    const person = await createTestUser(site)
    const stranger = await site.browser().get(verifyFor('/account/two-factor'))
    expect(stranger).toMatchObject({ status: 302, location: '/account/login?next=%2Faccount%2Ftwo-factor' })
    const half = site.browser()
    await half.post('/account/login', { username: person.email, password: person.password })
    expect((await half.post(VERIFY, { otp_token: person.code() })).location).toBe('/account/login')
    expect((await half.post(rename(person), { name: 'x' })).location).toMatch(/^\/account\/login/)
    expect(await kept()).toEqual([])
  })

  it('does not follow next to another site', async () => {
    const person = await createTestUser(site)
    const browser = await stale(person)
    const answer = await browser.post(VERIFY, { otp_token: person.code(), next: '//evil.example' })
    expect(answer.location).toBe('/account/two-factor')
  })

  it("does not accept another user's device", async () => {
    const person = await createTestUser(site)
    const other = await createTestUser(site)
    const browser = await stale(person)
    const form = { otp_device: other.app?.persistentId ?? '', otp_token: person.code() }
    expect(await browser.post(VERIFY, form)).toMatchObject({ status: 422, code: 'invalid_token' })
  })
})
