import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import { createTwilioGateway } from '../../src/notify/gateways/twilio.js'
import { accountSid, authToken, startTwilio, type FakeTwilio } from '../notify/twilio/fake-twilio.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { addPhone } from '../support/challenges.js'
import { openTestDatabase, preferredDatabase } from '../support/database.js'
import { codeIn, type Deliveries, startDeliveries } from '../support/deliveries.js'
import { createTestUser, signIn, startTestSite, stepUp, type TestSite } from '../support/site.js'

const login = '/account/login'
const add = '/account/two-factor/phones/add'
let numbers = 100
const freshNumber = () => `+4152422${(numbers += 1)}0`

describe('a gateway that fails', () => {
  let database: Database
  let site: TestSite
  let twilio: FakeTwilio
  let deliveries: Deliveries
  beforeAll(async () => {
    database = await openTestDatabase()
    site = await startTestSite(database)
    twilio = await startTwilio()
    const account = { accountSid, authToken, callerId: '+15005550006', messagingServiceSid: null, baseUrl: twilio.url }
    const sms = createTwilioGateway(account, 3_000)
    deliveries = startDeliveries(database, site, { sms, embedded: preferredDatabase() === 'embedded' })
  })
  afterAll(async () => {
    await deliveries.stop()
    await twilio.close()
    await site.close()
    await database.close()
  })
  const begin = async (number = freshNumber()) => {
    const person = await createTestUser(site)
    const browser = await signIn(site, person)
    return { person, browser, number, answer: await browser.post(add, { phone_number: number }) }
  }
  const sendAgain = (browser: HttpBrowser, number: string) => browser.post(add, { phone_number: number })

  it.each([
    [{ status: 400, code: 21211, message: 'invalid' }, 'This number doesn&#39;t exist'],
    [{ status: 400, code: 21610, message: 'unsubscribed' }, 'has opted out of our messages'],
    [{ status: 400, code: 21635, message: 'landline' }, 'This number doesn&#39;t exist or can&#39;t receive it'],
    [{ status: 400, code: 21408, message: 'region' }, 'This number can&#39;t be reached from here'],
    [{ status: 400, code: 21608, message: 'unverified' }, 'Our messaging provider has reached its limit'],
    [{ status: 403, code: 20005, message: 'no funds' }, 'Our messaging provider has reached its limit'],
    [{ status: 429, code: 20429, message: 'too many' }, 'Too many messages'],
    [{ status: 503, code: 20503, message: 'down' }, 'isn&#39;t responding'],
    [{ status: 401, code: 20003, message: `authenticate ${accountSid}` }, 'a problem with our configuration'],
    ['hang' as const, 'isn&#39;t responding'],
  ])('is reported on the page for %j, with nothing about the account', async (behaviour, text) => {
    twilio.behaviour = behaviour
    const { answer } = await begin()
    expect(answer).toMatchObject({ status: 422, code: 'challenge_exception' })
    expect(answer.text).toContain(text)
    for (const ours of [accountSid, authToken, twilio.url]) expect(answer.text).not.toContain(ours)
  })

  it('lets the owner send again at once, and the first message is not sent a second time', async () => {
    twilio.behaviour = { status: 503, code: 20503, message: 'down' }
    const before = twilio.requests.length
    const { browser, number } = await begin()
    expect(twilio.requests).toHaveLength(before + 1)
    twilio.behaviour = 'accept'
    expect(await sendAgain(browser, number)).toMatchObject({ status: 303, location: add })
    expect(twilio.requests).toHaveLength(before + 2)
    const code = codeIn(twilio.requests.at(-1)?.fields['Body'])
    expect((await browser.post(add, { otp_token: code })).status).toBe(303)
    const { rows } = await database.pool.query(
      `select count(*)::int as jobs from graphile_worker.jobs where task_identifier = 'send-phone-code'`,
    )
    expect(rows).toEqual([{ jobs: 0 }])
  })

  const older = 'The code you received before still works until it expires.'

  it('keeps the form for the code that still works, and says so', async () => {
    twilio.behaviour = 'accept'
    const { browser, number } = await begin()
    const code = codeIn(twilio.requests.at(-1)?.fields['Body'])
    site.clock.advance(31)
    twilio.behaviour = { status: 503, code: 20503, message: 'down' }
    const failed = await browser.post(add, { otp_challenge: 'again' })
    const again = await browser.get(add)
    const fromNumber = await sendAgain(browser, number)
    const byCall = await browser.post(add, { phone_number: number, phone_method: 'call' })
    expect([failed, fromNumber, byCall]).toMatchObject(
      Array.from({ length: 3 }, () => ({ status: 422, code: 'challenge_exception' })),
    )
    for (const page of [failed, again, fromNumber, byCall]) {
      expect(page.text).toContain('name="otp_token"')
      expect(page.text).toContain(older)
      expect(page.text).not.toContain('We sent a text message')
    }
    const wrong = await browser.post(add, { otp_token: code === '000000' ? '111111' : '000000' })
    expect(wrong).toMatchObject({ status: 422, code: 'invalid_token' })
    expect(wrong.text).toContain(older)
    site.clock.advance(2)
    expect((await browser.post(add, { otp_token: code })).status).toBe(303)
  })

  type Step = 'sign-in' | 'step-up'
  const atStep = async (step: Step) => {
    const person = await createTestUser(site, { app: step === 'step-up' })
    const phone = await addPhone(site.otp, person.id, { number: freshNumber() })
    const browser = step === 'step-up' ? await signIn(site, person) : site.browser()
    const page = step === 'step-up' ? '/account/verify' : login
    twilio.behaviour = 'accept'
    if (step === 'sign-in') await browser.post(login, { username: person.email, password: person.password })
    else await browser.post(page, { otp_device: phone.persistentId, otp_challenge: 'send' })
    const code = codeIn(twilio.requests.at(-1)?.fields['Body'])
    const again = () => browser.post(page, { otp_device: phone.persistentId, otp_challenge: 'send' })
    const enter = (token: string) => browser.post(page, { otp_device: phone.persistentId, otp_token: token })
    return { phone, browser, page, code, again, enter }
  }

  it.each<Step>(['sign-in', 'step-up'])('says at %s which code works after another was requested', async (step) => {
    const { phone, browser, page, code, again, enter } = await atStep(step)
    const textNow = async () => (await browser.get(page)).text
    expect(await textNow()).toContain('Only the latest code works.')
    site.clock.advance(31)
    twilio.behaviour = { status: 503, code: 20503, message: 'down' }
    const failed = await again()
    expect(failed).toMatchObject({ status: 422, code: 'challenge_exception' })
    const wrong = await enter(code === '000000' ? '111111' : '000000')
    for (const text of [failed.text, wrong.text, await textNow()]) {
      expect(text).toContain(older)
      expect(text).not.toContain('We sent a code to')
    }
    await database.pool.query(`update phone_devices set delivery = 'pending' where id = $1`, [phone.id])
    expect(await textNow()).toMatch(/on its way and should[^<]*still works until it expires/)
    await database.pool.query(`update phone_devices set delivery = 'failed' where id = $1`, [phone.id])
    site.clock.advance(2)
    expect((await enter(code)).status).toBe(303)
  })

  it.each<Step>(['sign-in', 'step-up'])(
    'says at %s that the older code no longer works once a newer one was sent',
    async (step) => {
      const { browser, page, code, again, enter } = await atStep(step)
      site.clock.advance(31)
      expect((await again()).status).toBe(303)
      const { text } = await browser.get(page)
      expect(text).toContain('Only the latest code works.')
      expect(text).not.toContain(older)
      const newest = codeIn(twilio.requests.at(-1)?.fields['Body'])
      const isVoid = newest === code || (await enter(code)).code === 'invalid_token'
      expect(isVoid).toBe(true)
      site.clock.advance(2)
      expect((await enter(newest)).status).toBe(303)
    },
  )

  it('mentions at sign-in no code that was never sent', async () => {
    twilio.behaviour = { status: 503, code: 20503, message: 'down' }
    const person = await createTestUser(site, { app: false })
    await addPhone(site.otp, person.id, { number: freshNumber() })
    const browser = site.browser()
    const failed = await browser.post(login, { username: person.email, password: person.password })
    expect(failed.code).toBe('challenge_exception')
    for (const { text } of [failed, await browser.get(login)]) {
      expect(text).not.toContain('We sent a code to')
      expect(text).not.toContain(older)
    }
  })

  it('asks for the number again once no code works any more', async () => {
    twilio.behaviour = 'accept'
    const { browser } = await begin()
    site.clock.advance(290)
    twilio.behaviour = { status: 503, code: 20503, message: 'down' }
    expect((await browser.post(add, { otp_challenge: 'again' })).text).toContain(older)
    site.clock.advance(11)
    await stepUp(browser)
    const page = await browser.get(add)
    const failed = await browser.post(add, { otp_challenge: 'again' })
    for (const { text } of [page, failed]) {
      expect(text).toContain('name="phone_number"')
      expect(text).not.toContain(older)
    }
  })

  it('says nothing about an older code if a newer one was sent, or none was', async () => {
    twilio.behaviour = { status: 503, code: 20503, message: 'down' }
    const { answer, browser, number } = await begin()
    expect(answer.text).toContain('name="phone_number"')
    expect(answer.text).not.toContain(older)
    twilio.behaviour = 'accept'
    await sendAgain(browser, number)
    site.clock.advance(31)
    await browser.post(add, { otp_challenge: 'again' })
    const page = await browser.get(add)
    expect(page.text).toContain('We sent a text message')
    expect(page.text).not.toContain(older)
  })

  // Only a message that left the site has a cost.
  it('does not count for the daily limit', async () => {
    twilio.behaviour = { status: 400, code: 21211, message: 'invalid' }
    const { browser, number } = await begin()
    for (let sent = 1; sent < 12; sent += 1) expect((await sendAgain(browser, number)).code).toBe('challenge_exception')
    twilio.behaviour = 'accept'
    expect((await sendAgain(browser, number)).status).toBe(303)
  })

  it('does not keep a user from another method', async () => {
    twilio.behaviour = 'hang'
    const person = await createTestUser(site)
    const phone = await addPhone(site.otp, person.id, { number: freshNumber() })
    const browser = site.browser()
    await browser.post(login, { username: person.email, password: person.password })
    const asking = browser.post(login, { otp_device: phone.persistentId, otp_challenge: 'send' })
    const other = site.browser()
    await other.post(login, { username: person.email, password: person.password })
    const token = { otp_device: person.app?.persistentId ?? '', otp_token: person.code() }
    expect((await other.post(login, token)).status).toBe(303)
    expect(await asking).toMatchObject({ status: 422, code: 'challenge_exception' })
  })

  it('logs only codes', async () => {
    twilio.behaviour = { status: 400, code: 21211, message: `nobody else than ${accountSid}` }
    await begin()
    expect(deliveries.log()).toContain('twilio: 400 21211')
    expect(deliveries.log()).not.toMatch(/\+41|AC[0-9a-f]{32}|nobody else/)
    expect(twilio.mistakes).toEqual([])
  })
})
