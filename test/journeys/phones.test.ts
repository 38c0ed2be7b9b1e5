import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import { addPhone } from '../support/challenges.js'
import { databaseKinds, openTestDatabase } from '../support/database.js'
import { codeIn, type Deliveries, startDeliveries } from '../support/deliveries.js'
import { createTestUser, type TestUser, signIn, startTestSite, type TestSite } from '../support/site.js'

const login = '/account/login'
const add = '/account/two-factor/phones/add'
const addEmail = '/account/two-factor/email/add'
let numbers = 100
const freshNumber = () => `+4152422${(numbers += 1)}0`

/**
 * Six-digit numbers in the texts of a value: whole words, not parts of a hash, an ID or a longer
 * number. IDs, ports and times are stored as numbers, and one of them can have the digits of a code.
 */
function numbersOfSixDigits(value: unknown): string[] {
  if (typeof value === 'string') return value.match(/(?<![\w.+-])\d{6}(?![\w+/=-])/g) ?? []
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersOfSixDigits) : []
}

describe.each(databaseKinds())('phones, on the %s database', (where) => {
  let database: Database
  let site: TestSite
  let deliveries: Deliveries
  const everySecret: string[] = []
  beforeAll(async () => {
    database = await openTestDatabase(where)
    site = await startTestSite(database, { OTP_EMAIL: 'true' })
    deliveries = startDeliveries(database, site, { embedded: where === 'embedded' })
  })
  afterAll(async () => {
    await deliveries.stop()
    await site.close()
    await database.close()
  })

  const newest = (number: string) => {
    const code = codeIn(deliveries.texts(number).at(-1))
    everySecret.push(code)
    return code
  }
  const phonesOf = async ({ id }: TestUser) =>
    (await database.pool.query('select * from phone_devices where user_id = $1 order by id', [id])).rows
  const passwordStep = async (person: TestUser, browser = site.browser()) => {
    await browser.post(login, { username: person.email, password: person.password })
    return browser
  }
  /** A verified user who has added this phone. */
  const withPhone = async (number: string, phone_method = 'sms') => {
    const person = await createTestUser(site)
    const browser = await signIn(site, person)
    await browser.post(add, { phone_number: number, phone_method })
    await browser.post(add, { otp_token: newest(number) })
    return { person, browser }
  }

  it('takes a number and its code, and adds a device that later signs in', async () => {
    const number = freshNumber()
    const person = await createTestUser(site)
    const browser = await signIn(site, person)
    const page = await browser.get(add)
    expect(page.text).toContain('name="phone_number"')
    expect(page.text).toContain('Phone numbers can be hijacked')
    const sent = await browser.post(add, { phone_number: number.replace('+', '00'), phone_method: 'sms' })
    expect(sent).toMatchObject({ status: 303, location: add })
    expect((await browser.get(add)).text).toContain('We sent a text message to +41 52 422')
    const before = browser.cookies.get('otp_session')
    const done = await browser.post(add, { otp_token: newest(number) })
    expect(done).toMatchObject({ status: 303, location: '/account/two-factor/setup/complete' })
    expect(browser.cookies.get('otp_session')).not.toBe(before)
    const [phone] = await phonesOf(person)
    expect(phone).toMatchObject({ number, method: 'sms', confirmed: true, code_hash: null })

    const later = await passwordStep(person)
    const deviceId = `phone/${phone?.id}`
    await later.post(login, { otp_device: deviceId, otp_challenge: 'send' })
    const token = newest(number)
    expect(await later.post(login, { otp_device: deviceId, otp_token: token })).toMatchObject({
      status: 303,
      location: '/admin',
    })
    const again = await passwordStep(person)
    expect(await again.post(login, { otp_device: deviceId, otp_token: token })).toMatchObject({ code: 'invalid_token' })
  })

  it.each([0, 10])('sends one code if the number is posted again %d seconds later', async (seconds) => {
    const number = freshNumber()
    const browser = await signIn(site, await createTestUser(site))
    const form = { phone_number: number, phone_method: 'sms' }
    const first = await browser.post(add, form)
    site.clock.advance(seconds)
    expect(await browser.post(add, form)).toMatchObject({ status: first.status, location: first.location })
    expect(deliveries.texts(number)).toHaveLength(1)
    expect((await browser.post(add, { otp_token: newest(number) })).location).toContain('complete')
  })

  it.each([0, 10])('sends one email if a code is requested again %d seconds later', async (seconds) => {
    const person = await createTestUser(site)
    const browser = await signIn(site, person)
    const first = await browser.post(addEmail)
    expect(first).toMatchObject({ status: 303, location: addEmail })
    const sent = deliveries.mails(person.email)
    expect(sent).toHaveLength(1)
    site.clock.advance(seconds)
    expect(await browser.post(addEmail)).toMatchObject({ status: 303, location: addEmail })
    expect(deliveries.mails(person.email)).toEqual(sent)
    const { rows } = await database.pool.query('select 1 from challenge_sends where user_id = $1', [person.id])
    expect(rows).toHaveLength(1)
    const code = deliveries.mailedCode(person.email)
    everySecret.push(code)
    expect((await browser.post(addEmail, { otp_token: code })).status).toBe(303)
  })

  it('accepts a phone as the first device: the setup then ends with backup tokens', async () => {
    const number = freshNumber()
    const person = await createTestUser(site, { app: false })
    const browser = await signIn(site, person)
    const next = '/admin/resources/users'
    const began = await browser.post('/account/two-factor/setup', { method: 'phone', next })
    expect(began.location).toBe(`${add}?next=${encodeURIComponent(next)}`)
    expect((await browser.get(began.location ?? '')).text).toContain(`value="${next}"`)
    await browser.post(add, { phone_number: number, phone_method: 'sms', next })
    const done = await browser.post(add, { otp_token: newest(number), next })
    expect(done.location).toBe(`/account/two-factor/setup/complete?next=${encodeURIComponent(next)}`)
    expect((await browser.get(done.location ?? '')).text.match(/<code>[A-Z2-7-]{19}<\/code>/g)).toHaveLength(10)
    expect((await browser.get('/admin')).status).toBe(200)
  })

  it('calls a phone, and reads the digits one by one and twice', async () => {
    const number = freshNumber()
    const { person } = await withPhone(number).then(async ({ person }) => {
      await database.pool.query(`update phone_devices set method = 'call' where user_id = $1`, [person.id])
      return { person }
    })
    const [phone] = await phonesOf(person)
    const browser = await passwordStep(person)
    await browser.post(login, { otp_device: `phone/${phone?.id}`, otp_challenge: 'send' })
    const call = deliveries.texts(number).at(-1) ?? ''
    expect(call).toContain('Voice: en-US')
    const digits = [...call.matchAll(/^\d$/gm)].map(([digit]) => digit)
    expect(digits).toHaveLength(12)
    const token = digits.slice(0, 6).join('')
    everySecret.push(token)
    expect(digits.slice(6).join('')).toBe(token)
    expect((await browser.post(login, { otp_device: `phone/${phone?.id}`, otp_token: token })).status).toBe(303)
  })

  it('rejects an invalid number, an unknown delivery method, and a known number', async () => {
    const number = freshNumber()
    const { browser } = await withPhone(number)
    for (const phone_number of ['', '0524204242', 'call me', '+999123'])
      expect(await browser.post(add, { phone_number })).toMatchObject({ status: 422, code: 'number_invalid' })
    expect(await browser.post(add, { phone_number: '<script>' })).toMatchObject({ code: 'number_invalid' })
    const fax = await browser.post(add, { phone_number: freshNumber(), phone_method: 'fax' })
    expect(fax).toMatchObject({ status: 422, code: 'method_not_offered' })
    expect(await browser.post(add, { phone_number: number })).toMatchObject({ status: 422, code: 'number_known' })
    expect((await browser.post(add, { otp_token: '123456' })).code).toBe('set_up_expired')
  })

  it('lets only a user verified within five minutes add and remove one', async () => {
    const number = freshNumber()
    const person = await createTestUser(site)
    const half = await passwordStep(person)
    for (const visit of [() => half.get(add), () => half.post(add, { phone_number: number })])
      expect(await visit()).toMatchObject({ status: 302, location: `${login}?next=${encodeURIComponent(add)}` })
    const browser = await signIn(site, person)
    site.clock.advance(301)
    expect((await browser.get(add)).location).toBe(`/account/verify?next=${encodeURIComponent(add)}`)
    expect((await browser.post(add, { phone_number: number })).status).toBe(302)
    expect((await browser.post('/account/two-factor/phones/1/delete')).status).toBe(302)
    expect(await phonesOf(person)).toEqual([])
    expect(deliveries.texts(number)).toEqual([])
  })

  it('does not confirm one in a session without a token once there is another device', async () => {
    const number = freshNumber()
    const person = await createTestUser(site, { app: false })
    const early = await signIn(site, person)
    await early.post(add, { phone_number: number })
    await addPhone(site.otp, person.id, { number: freshNumber() })
    expect((await early.post(add, { otp_token: newest(number) })).status).toBe(302)
    expect(await phonesOf(person)).toMatchObject([{ confirmed: false }, { confirmed: true }])
  })

  it('accepts a code only in the browser that requested it, in the setup and at sign-in (ASVS 6.6.2)', async () => {
    const number = freshNumber()
    const { person } = await withPhone(number)
    const [phone] = await phonesOf(person)
    const deviceId = `phone/${phone?.id}`
    const [one, other] = [await passwordStep(person), await passwordStep(person)]
    await one.post(login, { otp_device: deviceId, otp_challenge: 'send' })
    const token = newest(number)
    expect(await other.post(login, { otp_device: deviceId, otp_token: token })).toMatchObject({ code: 'invalid_token' })
    site.clock.advance(1)
    expect((await one.post(login, { otp_device: deviceId, otp_token: token })).status).toBe(303)
  })

  it('sends again after the cooldown and not before, with the time to wait', async () => {
    const number = freshNumber()
    const browser = await signIn(site, await createTestUser(site))
    await browser.post(add, { phone_number: number })
    for (let visit = 0; visit < 3; visit += 1) await browser.get(add)
    const soon = await browser.post(add, { otp_challenge: 'again' })
    expect(soon).toMatchObject({ status: 429, code: 'cooldown_pending' })
    expect(soon.headers['retry-after']).toBe('30')
    expect(deliveries.texts(number)).toHaveLength(1)
    site.clock.advance(30)
    expect((await browser.post(add, { otp_challenge: 'again' })).status).toBe(303)
    expect(deliveries.texts(number)).toHaveLength(2)
    expect((await browser.post(add, { otp_token: newest(number) })).status).toBe(303)
  })

  it('throttles after a wrong code in the setup too', async () => {
    const number = freshNumber()
    const browser = await signIn(site, await createTestUser(site))
    await browser.post(add, { phone_number: number })
    const token = newest(number)
    expect((await browser.post(add, { otp_token: ' ' })).code).toBe('token_required')
    expect(await browser.post(add, { otp_token: '000000' })).toMatchObject({ status: 422, code: 'invalid_token' })
    expect(await browser.post(add, { otp_token: token })).toMatchObject({ status: 429, code: 'n_failed_attempts' })
    site.clock.advance(1)
    expect((await browser.post(add, { otp_token: token })).status).toBe(303)
  })

  it('replaces an unconfirmed phone when another number is entered', async () => {
    const [first, second] = [freshNumber(), freshNumber()]
    const person = await createTestUser(site)
    const browser = await signIn(site, person)
    await browser.post(add, { phone_number: first })
    expect((await browser.get(`${add}?step=number`)).text).toContain('name="phone_number"')
    await browser.post(add, { phone_number: second })
    expect(await phonesOf(person)).toMatchObject([{ number: second, confirmed: false }])
    expect((await browser.post(add, { otp_token: newest(second) })).status).toBe(303)
  })

  it('lets only its owner remove a phone', async () => {
    const { person, browser } = await withPhone(freshNumber())
    const [phone] = await phonesOf(person)
    const path = `/account/two-factor/phones/${phone?.id}/delete`
    const stranger = await signIn(site, await createTestUser(site))
    expect((await stranger.post(path)).status).toBe(404)
    for (const id of ['0', '-1', 'x', '1e1', '99999999999999999999'])
      expect((await browser.post(`/account/two-factor/phones/${id}/delete`)).status).toBe(404)
    expect((await browser.get(path)).status).toBe(405)
    expect(await phonesOf(person)).toHaveLength(1)
    expect(await browser.post(path)).toMatchObject({ status: 303, location: '/account/two-factor' })
    expect(await phonesOf(person)).toEqual([])
  })

  it('does not show the whole number before the second factor', async () => {
    const number = freshNumber()
    const { person } = await withPhone(number)
    const browser = await passwordStep(person)
    const { text } = await browser.get(login)
    expect(text).toContain('+41 ** *** ** ')
    expect(text.replaceAll(' ', '')).not.toContain(number.slice(3))
  })

  it('sends codes to the email address of the account, as a device of its own kind', async () => {
    const person = await createTestUser(site)
    const browser = await signIn(site, person)
    expect((await browser.get(addEmail)).text).toContain('This is the weakest method')
    expect((await browser.post(addEmail, { otp_challenge: 'send' })).location).toBe(addEmail)
    const code = deliveries.mailedCode(person.email)
    everySecret.push(code)
    expect((await browser.post(addEmail, { otp_token: code })).status).toBe(303)
    expect((await browser.post(addEmail, { otp_challenge: 'send' })).code).toBe('email_known')
  })

  /** The codes among all messages sent before. */
  const expectNoCodeWritten = async () => {
    const tables = (
      await database.pool.query<{ name: string }>(
        `select quote_ident(schemaname) || '.' || quote_ident(tablename) as name from pg_tables
        where schemaname in ('public', 'graphile_worker')`,
      )
    ).rows
    const dumps = await Promise.all(
      tables.map(async ({ name }) => JSON.stringify((await database.pool.query(`select * from ${name}`)).rows)),
    )
    const logged = `${site.log.join('')}\n${deliveries.log()}`.split('\n').filter((line) => line !== '')
    const written = new Set([...dumps, ...logged].flatMap((text) => numbersOfSixDigits(JSON.parse(text))))
    for (const secret of everySecret) {
      expect(secret).toMatch(/^\d{6}$/)
      expect(written).not.toContain(secret)
    }
  }
  afterEach(expectNoCodeWritten)

  it('leaves no code in the database, a session or a log', { timeout: 300_000 }, async () => {
    const before = everySecret.length
    for (let people = 0; people < 6; people += 1) {
      const number = freshNumber()
      const { person } = await withPhone(number)
      const [phone] = await phonesOf(person)
      const later = await passwordStep(person)
      await later.post(login, { otp_device: `phone/${phone?.id}`, otp_challenge: 'send' })
      expect(everySecret.at(-1)).not.toBe(newest(number))
    }
    expect(everySecret.length - before).toBeGreaterThan(10)
    await expectNoCodeWritten()
  })
})
