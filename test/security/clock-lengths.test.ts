import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createLink, type LinkPurpose } from '../../src/auth/links/one-time-link.js'
import { purgeExpired } from '../../src/purge-expired.js'
import type { Database } from '../../src/db/connect.js'
import { correctFutureTimes } from '../../src/db/correct-future-times.js'
import { addEmail } from '../support/challenges.js'
import { openTestDatabase } from '../support/database.js'
import { createTestUser, startTestSite, type TestSite } from '../support/site.js'

const DAY = 86_400
/** Seconds by which the clock is wrong for a while. */
const JUMPS = [-DAY, -3600, -60, 60, 3600, DAY]
const login = '/account/login'

/** Something that expires. */
interface Lasting {
  what: string
  /** In seconds. */
  length: number
  /** Begins it, and returns a function that checks whether it is still valid. */
  begin(site: TestSite): Promise<() => Promise<boolean>>
}

const link = (purpose: LinkPurpose, page: string, length: number): Lasting => ({
  what: `a link for ${purpose}`,
  length,
  async begin(site) {
    const { id: userId } = await createTestUser(site)
    const { token } = await site.database.sequelize.transaction((transaction) =>
      createLink(site.otp, transaction, { purpose, userId, details: {} }),
    )
    return async () => (await site.browser().get(`${page}/${token}`)).status === 200
  },
})

/** What delays a message once this many were sent. */
const messages = (what: string, length: number, many: number): Lasting => ({
  what,
  length,
  async begin(site) {
    const person = await createTestUser(site, { app: false })
    const { persistentId } = await addEmail(site.otp, person.id)
    const sent = async () =>
      (await site.database.pool.query('select from challenge_sends where user_id = $1', [person.id])).rowCount ?? 0
    const ask = async () => {
      const browser = site.browser()
      await browser.post(login, { username: person.email, password: person.password })
      await browser.post(login, { otp_device: persistentId, otp_challenge: 'send' })
    }
    for (let next = 0; next < many; next += 1) {
      await ask()
      site.clock.advance(31)
    }
    expect(await sent()).toBe(many)
    return async () => {
      const before = await sent()
      await ask()
      return (await sent()) === before
    }
  },
})

const lasting: Lasting[] = [
  link('invitation', '/account/invitation', DAY),
  link('password-reset', '/account/password/reset', 1800),
  {
    what: 'the trust in a browser',
    length: 30 * DAY,
    async begin(site) {
      const person = await createTestUser(site)
      const browser = site.browser()
      const enter = () => browser.post(login, { username: person.email, password: person.password })
      await enter()
      expect((await browser.post(login, { otp_token: person.code(), trust_browser: 'on' })).status).toBe(303)
      return async () => {
        browser.cookies.delete('otp_session')
        return (await enter()).location !== login
      }
    },
  },
  {
    what: 'the grace period',
    length: 14 * DAY,
    async begin(site) {
      const person = await createTestUser(site, { app: false, backupTokens: 0 })
      const enter = async () => {
        const browser = site.browser()
        await browser.post(login, { username: person.email, password: person.password })
        return browser.get('/account/two-factor')
      }
      await enter()
      return async () => (await enter()).status === 200
    },
  },
  messages('the wait between two messages', 30, 1),
  messages('the limit of messages in a day', DAY, 10),
]

describe('what began while the clock was wrong', () => {
  let database: Database
  let site: TestSite
  const start = new Date('2026-03-01T12:00:00Z')
  beforeAll(async () => {
    database = await openTestDatabase()
    site = await startTestSite(database, { TRUST_BROWSER_DAYS: '30', OTP_GRACE_DAYS: '14', OTP_EMAIL: 'true' })
    site.auth.deliveryWait = 1
  })
  afterEach(() => site.clock.set(start))
  afterAll(async () => {
    await site.close()
    await database.close()
  })

  describe.each(JUMPS)('by %i seconds', (jump) => {
    it.each(lasting)('ends no later than its length after the next sweep: $what', async ({ begin, length }) => {
      site.clock.set(new Date(start.getTime() + jump * 1000))
      const holds = await begin(site)
      site.clock.set(start)
      await correctFutureTimes(database, start, ['phone_devices', 'email_devices'])
      // What began later than now begins now.
      expect(jump < 0 || (await holds())).toBe(true)
      site.clock.advance(length + 6)
      await purgeExpired(site)
      expect(await holds()).toBe(false)
    })
  })
})
