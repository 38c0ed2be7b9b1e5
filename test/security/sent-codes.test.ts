import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Device } from '../../src/otp/device.js'
import type { HttpResponse, HttpBrowser } from '../support/http-browser.js'
import { addEmail, addPhone, queuedCodes } from '../support/challenges.js'
import { createTestUser, type TestUser, signIn, type TestSite } from '../support/site.js'
import { openSite } from './open-site.js'

const LOGIN = '/account/login'
/** Longer than the cooldown of a device after a code. */
const REST = 31
const OWN = 10
const SETUPS_PER_NUMBER = 20
const DAY = 24 * 3600
let site: TestSite
beforeAll(async () => {
  site = await openSite({ OTP_EMAIL: 'true' })
  // No worker sends here, so no page waits for anything.
  site.auth.deliveryWait = 1
})
afterAll(() => site.close())

let targets = 0
const freshNumber = () => `+41791${String((targets += 1)).padStart(6, '0')}`

interface Row {
  kind: string
  /** The number or address of the owner's device, and the device. `stranger` has an account only. */
  open(
    owner: TestUser,
    stranger: TestUser,
  ): Promise<{ device: Device; setUp: (browser: HttpBrowser) => Promise<HttpResponse> }>
}

const phone = (method: 'sms' | 'call'): Row => ({
  kind: method === 'sms' ? 'phones by text message' : 'phones by voice call',
  async open(owner) {
    const number = freshNumber()
    const device = await addPhone(site.otp, owner.id, { number, method })
    const form = { phone_number: number, phone_method: method }
    return { device, setUp: (browser) => browser.post('/account/two-factor/phones/add', form) }
  },
})

const rows: readonly Row[] = [
  phone('sms'),
  phone('call'),
  {
    kind: 'email devices',
    async open(owner, stranger) {
      // An account can only set up its own email address, so the owner's device has the other user's.
      const device = await addEmail(site.otp, owner.id, stranger.email)
      return { device, setUp: (browser) => browser.post('/account/two-factor/email/add', { otp_challenge: '' }) }
    },
  },
]

/**
 * An owner with this device, a browser in which the owner has signed in, and another user with an account.
 *
 * @param alone without an app, so that a correct password sends the first code at once
 */
async function begin({ open }: Row, { alone = false } = {}) {
  const owner = await createTestUser(site, { app: !alone })
  const stranger = await createTestUser(site, { staff: false, app: false })
  const { device, setUp } = await open(owner, stranger)
  const known = await enter(owner)
  const token = alone ? await newestCode(device) : owner.code()
  const form = { otp_device: alone ? device.persistentId : (owner.app?.persistentId ?? ''), otp_token: token }
  expect((await known.post(LOGIN, form)).status).toBe(303)
  known.cookies.delete('otp_session')
  // What this sent is no longer counted.
  site.clock.advance(DAY)
  return { owner, stranger, device, known, setUp }
}

async function newestCode(device: Device): Promise<string> {
  return (await queuedCodes(site.otp, device)).at(-1)?.code ?? ''
}

async function enter({ email, password }: TestUser, browser = site.browser()): Promise<HttpBrowser> {
  expect((await browser.post(LOGIN, { username: email, password })).status).toBe(303)
  return browser
}

const askIn = (browser: HttpBrowser, { persistentId }: Device) =>
  browser.post(LOGIN, { otp_device: persistentId, otp_challenge: 'send' })

/** Requests codes until one is rejected. @returns the codes that were made, and the last response */
async function askUntilRefused(ask: () => Promise<HttpResponse>): Promise<{ made: number; last: HttpResponse }> {
  for (let made = 0; made < 50; made += 1) {
    site.clock.advance(REST)
    const last = await ask()
    if (last.status === 429) return { made, last }
    expect(last.status).toBeLessThan(400)
  }
  throw new Error('Nothing was refused.')
}

function expectLimitOfDay(answer: HttpResponse): void {
  expect(answer).toMatchObject({ status: 429, code: 'cooldown_pending' })
  const wait = Number(answer.headers['retry-after'])
  expect(wait).toBeGreaterThan(REST)
  expect(wait).toBeLessThanOrEqual(DAY)
}

describe.each(rows)("codes that others request leave the owner's limit unchanged: $kind", (row) => {
  it('after someone else has set up the same number or address', async () => {
    const { owner, stranger, device, known, setUp } = await begin(row)
    const browser = await signIn(site, stranger)
    const taken = await askUntilRefused(() => setUp(browser))
    expect(taken.made).toBe(OWN)
    expectLimitOfDay(taken.last)
    await enter(owner, known)
    expect((await askUntilRefused(() => askIn(known, device))).made).toBe(OWN)
    const elsewhere = await enter(owner)
    expect((await askUntilRefused(() => askIn(elsewhere, device))).made).toBe(OWN)
  })

  it('after someone who has the password requested some in another browser, and the owner in a known one', async () => {
    const { owner, device, known } = await begin(row)
    const mallory = await enter(owner)
    const taken = await askUntilRefused(() => askIn(mallory, device))
    expect(taken.made).toBe(OWN)
    expectLimitOfDay(taken.last)
    // A further browser gets no more.
    const other = await enter(owner)
    expect((await askUntilRefused(() => askIn(other, device))).made).toBe(0)
    await enter(owner, known)
    const own = await askUntilRefused(() => askIn(known, device))
    expect(own.made).toBe(OWN)
    expectLimitOfDay(own.last)
  })

  it("before others request any: the owner's own use leaves theirs unchanged, and all limits begin again a day later", async () => {
    const { owner, stranger, device, known, setUp } = await begin(row)
    await enter(owner, known)
    expect((await askUntilRefused(() => askIn(known, device))).made).toBe(OWN)
    const mallory = await enter(owner)
    expect((await askUntilRefused(() => askIn(mallory, device))).made).toBe(OWN)
    const browser = await signIn(site, stranger)
    expect((await askUntilRefused(() => setUp(browser))).made).toBe(OWN)
    site.clock.advance(DAY)
    const again = await enter(owner, known)
    expect((await askUntilRefused(() => askIn(again, device))).made).toBe(OWN)
  })

  it("while the owner's session requests a code", async () => {
    const { owner, device, known } = await begin(row)
    await enter(owner, known)
    const form = { otp_device: owner.app?.persistentId ?? '', otp_token: owner.code() }
    expect((await known.post(LOGIN, form)).status).toBe(303)
    const mallory = await enter(owner)
    expect((await askUntilRefused(() => askIn(mallory, device))).made).toBe(OWN)
    site.clock.advance(REST)
    const verify = { otp_device: device.persistentId, otp_challenge: 'send' }
    expect((await known.post('/account/verify', verify)).status).toBeLessThan(400)
  })

  it('if the correct password sends the first code at once', async () => {
    const { owner, device, known } = await begin(row, { alone: true })
    const sent = async () => (await queuedCodes(site.otp, device)).length
    const before = await sent()
    for (let browsers = 0; browsers < OWN + 5; browsers += 1) {
      site.clock.advance(REST)
      const { email, password } = owner
      await site.browser().post(LOGIN, { username: email, password })
    }
    expect(await sent()).toBe(before + OWN)
    site.clock.advance(REST)
    await enter(owner, known)
    expect(await sent()).toBe(before + OWN + 1)
    const form = { otp_device: device.persistentId, otp_token: await newestCode(device) }
    expect((await known.post(LOGIN, form)).status).toBe(303)
  })
})

describe('the cost of codes for one number', () => {
  it.each(['sms', 'call'] as const)('is limited over any number of accounts: %s', async (method) => {
    const { owner, device, known, setUp } = await begin(phone(method))
    let setups = 0
    for (let account = 0; account < 4; account += 1) {
      const browser = await signIn(site, await createTestUser(site, { staff: false, app: false }))
      setups += (await askUntilRefused(() => setUp(browser))).made
    }
    expect(setups).toBe(SETUPS_PER_NUMBER)
    await enter(owner, known)
    expect((await askUntilRefused(() => askIn(known, device))).made).toBe(OWN)
  })

  it('counts text messages and voice calls to one number together', async () => {
    const stranger = await signIn(site, await createTestUser(site, { staff: false, app: false }))
    const number = freshNumber()
    let asked = 0
    const setUp = () => {
      const phone_method = (asked += 1) % 2 ? 'sms' : 'call'
      return stranger.post('/account/two-factor/phones/add', { phone_number: number, phone_method })
    }
    expect((await askUntilRefused(setUp)).made).toBe(OWN)
  })

  it('is counted for any spelling of the number', async () => {
    const number = freshNumber()
    const spellings = [number, number.replace('+', '00'), number.replace('+4179', '+41 (0)79 '), ` ${number} `]
    let asked = 0
    const stranger = await signIn(site, await createTestUser(site, { staff: false, app: false }))
    const setUp = () => {
      const phone_number = spellings[(asked += 1) % spellings.length] ?? number
      return stranger.post('/account/two-factor/phones/add', { phone_number, phone_method: 'sms' })
    }
    expect((await askUntilRefused(setUp)).made).toBe(OWN)
  })
})
