import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import { DeliveryError } from '../../src/notify/delivery-error.js'
import type { MailGateway } from '../../src/notify/gateways/mail-gateway.js'
import { addEmail } from '../support/challenges.js'
import { openTestDatabase, preferredDatabase } from '../support/database.js'
import { type Deliveries, startDeliveries } from '../support/deliveries.js'
import type { HttpBrowser, HttpResponse } from '../support/http-browser.js'
import { createTestUser, signIn, startTestSite, type TestSite, type TestUser } from '../support/site.js'

const FORM_ID = 'A'.repeat(22)
const login = '/account/login'

let database: Database
let site: TestSite
let deliveries: Deliveries
let works = true
let sent = 0
const mail: MailGateway = {
  async send({ subject }) {
    if (!subject.includes('code')) return
    sent += 1
    if (!works) throw new DeliveryError('the mailbox does not exist', true)
  },
  close() {},
}

beforeAll(async () => {
  database = await openTestDatabase()
  site = await startTestSite(database, { OTP_EMAIL: 'true' })
  deliveries = startDeliveries(database, site, { mail, embedded: preferredDatabase() === 'embedded' })
})
afterAll(async () => {
  await deliveries.stop()
  await site.close()
  await database.close()
})

interface Place {
  path: string
  headers: Record<string, string>
  open(person: TestUser): Promise<HttpBrowser>
  /** The response to a request whose code was sent. */
  done: Partial<HttpResponse>
}

const verify = { path: '/account/verify', open: (person: TestUser) => signIn(site, person) }
const places: Record<string, Place> = {
  'the sign-in': {
    path: login,
    headers: {},
    async open({ email, password }) {
      const browser = site.browser()
      await browser.post(login, { username: email, password })
      return browser
    },
    done: { status: 303, location: login },
  },
  'the page that verifies again': { ...verify, headers: {}, done: { status: 303 } },
  'the dialogue of the panel': {
    ...verify,
    headers: { Accept: 'application/json' },
    done: { status: 200, text: '{"challenged":true}' },
  },
}

describe.each(Object.entries(places))(
  'a code that is requested twice at %s',
  (_name, { path, headers, open, done }) => {
    /** Sends the same request twice, and later one with another ID. */
    async function request(how: 'at once' | 'one after the other') {
      const person = await createTestUser(site)
      const { persistentId: device } = await addEmail(site.otp, person.id)
      const browser = await open(person)
      const send = (form_id: string) =>
        browser.visit(path, {
          method: 'POST',
          headers,
          form: { otp_device: device, otp_challenge: 'send', ...(form_id && { form_id }) },
        })
      const before = sent
      const both =
        how === 'at once'
          ? await Promise.all([send(FORM_ID), send(FORM_ID)])
          : [await send(FORM_ID), await send(FORM_ID)]
      return { both, codes: sent - before, others: [await send('B'.repeat(22)), await send('')] }
    }

    it.each(['at once', 'one after the other'] as const)('is sent once, with one response, %s', async (how) => {
      works = true
      const { both, codes, others } = await request(how)
      for (const response of both) expect(response).toMatchObject(done)
      expect(codes).toBe(1)
      for (const other of others) expect(other).toMatchObject({ status: 429, code: 'cooldown_pending' })
    })

    it.each(['at once', 'one after the other'] as const)('is reported as not delivered both times, %s', async (how) => {
      works = false
      const before = sent
      const { both, codes, others } = await request(how)
      for (const response of both) expect(response).toMatchObject({ status: 422, code: 'challenge_exception' })
      expect(both[1]?.text).toBe(both[0]?.text)
      expect(codes).toBe(1)
      // Other requests try again: a code that did not arrive has no cooldown.
      expect(others.map(({ status }) => status)).toEqual([422, 422])
      expect(sent).toBe(before + 3)
    })
  },
)
