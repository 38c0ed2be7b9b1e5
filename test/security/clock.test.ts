import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import { correctFutureTimes } from '../../src/db/correct-future-times.js'
import { purgeExpired } from '../../src/purge-expired.js'
import { purgeUnconfirmedDevices } from '../../src/otp/devices/purge-unconfirmed-devices.js'
import { openTestDatabase } from '../support/database.js'
import { createTestUser, type TestUser, signIn, startTestSite, type TestSite } from '../support/site.js'

const DAY = 86_400
/** Seconds by which the clock is wrong for a while. */
const JUMPS = [-DAY, -3600, -60, 60, 3600, DAY]
const login = '/account/login'
const guarded = '/account/password/change'

describe('a clock that was wrong for a while', () => {
  let database: Database
  let site: TestSite
  const start = new Date('2026-03-01T12:00:00Z')

  beforeAll(async () => {
    database = await openTestDatabase()
    site = await startTestSite(database)
  })
  afterEach(() => site.clock.set(start))
  afterAll(async () => {
    await site.close()
    await database.close()
  })

  /** Does something while the clock is wrong, then corrects the clock. */
  async function wrongly<T>(jump: number, work: () => Promise<T>): Promise<T> {
    site.clock.set(new Date(start.getTime() + jump * 1000))
    const result = await work()
    site.clock.set(start)
    return result
  }
  const token = (person: TestUser) => ({ otp_device: person.app?.persistentId ?? '', otp_token: person.code() })
  const password = ({ email, password }: TestUser) => ({ username: email, password })

  describe.each(JUMPS)('by %i seconds', (jump) => {
    it('treats no token as recent for longer than five minutes', async () => {
      const person = await createTestUser(site)
      const browser = await wrongly(jump, () => signIn(site, person))
      await browser.get('/account/two-factor')
      site.clock.advance(306)
      expect((await browser.get(guarded)).status).not.toBe(200)
    })

    it('ends a session no later than an hour after its last request', async () => {
      const person = await createTestUser(site)
      const browser = await wrongly(jump, () => signIn(site, person))
      await browser.get('/account/two-factor')
      await correctFutureTimes(database, site.clock.now(), ['phone_devices', 'email_devices'])
      site.clock.advance(3606)
      expect((await browser.get('/account/two-factor')).location).toMatch(/^\/account\/login/)
    })

    it('does not block the owner with an already used time step, and accepts none twice', async () => {
      const person = await createTestUser(site)
      const [form, late] = await wrongly(jump, async () => {
        const browser = site.browser()
        await browser.post(login, password(person))
        const used = token(person)
        expect((await browser.post(login, used)).status).toBe(303)
        return [used, site.clock.now()] as const
      })
      site.clock.advance(120)
      const browser = site.browser()
      await browser.post(login, password(person))
      const right = token(person)
      expect((await browser.post(login, right)).status).toBe(303)
      const other = site.browser()
      await other.post(login, password(person))
      expect((await other.post(login, right)).code).toBe('invalid_token')
      // When its time comes, the code that was accepted while the clock was wrong is already used.
      site.clock.set(late)
      site.clock.advance(jump < 0 ? 0 : 20)
      const again = site.browser()
      await again.post(login, password(person))
      expect((await again.post(login, form)).status).not.toBe(303)
    })

    it('ends a sign-in in progress no later than twice its length', async () => {
      const person = await createTestUser(site)
      const browser = site.browser()
      expect((await wrongly(jump, () => browser.post(login, password(person)))).status).toBe(303)
      site.clock.advance(1206)
      expect((await browser.post(login, token(person))).code).toBe('login_expired')
    })

    it('removes an unfinished setup no later than an hour after the next sweep', async () => {
      const person = await createTestUser(site, { app: false })
      await wrongly(jump, async () => {
        const browser = site.browser()
        await browser.post(login, password(person))
        expect((await browser.post('/account/two-factor/setup', { method: 'totp' })).status).toBe(303)
      })
      const unfinished = async () =>
        (await database.pool.query('select from totp_devices where user_id = $1', [person.id])).rowCount
      expect(await unfinished()).toBe(1)
      await purgeUnconfirmedDevices(site.otp)
      site.clock.advance(3606)
      await purgeUnconfirmedDevices(site.otp)
      expect(await unfinished()).toBe(0)
    })

    it('throttles a device no longer than its own wait', async () => {
      const person = await createTestUser(site)
      await wrongly(jump, async () => {
        const browser = site.browser()
        await browser.post(login, password(person))
        expect((await browser.post(login, { ...token(person), otp_token: '000000' })).code).toBe('invalid_token')
      })
      site.clock.advance(1)
      const browser = site.browser()
      await browser.post(login, password(person))
      const first = await browser.post(login, token(person))
      site.clock.advance(30)
      const second = first.status === 303 ? first : await browser.post(login, token(person))
      expect(second.status).toBe(303)
    })
  })

  it.each([60, 3600, DAY])(
    'throttles nothing when the clock reaches a failure stored %i seconds ahead',
    async (jump) => {
      const person = await createTestUser(site)
      await wrongly(jump, async () => {
        const browser = site.browser()
        await browser.post(login, password(person))
        expect((await browser.post(login, { ...token(person), otp_token: '000000' })).code).toBe('invalid_token')
      })
      await purgeExpired(site)
      site.clock.advance(jump)
      const browser = site.browser()
      await browser.post(login, password(person))
      expect((await browser.post(login, token(person))).status).toBe(303)
    },
  )

  it('measures the window of an IP address from now if it ends later than its length', async () => {
    const limited = await startTestSite(database, { LOGIN_ADDRESS_LIMIT: '2' })
    const form = { username: 'nobody@example.com', password: 'x' }
    while ((await limited.browser().post(login, form)).status !== 429);
    await database.pool.query('update rate_limits set expire = expire + 86400000')
    const refused = await limited.browser().post(login, form)
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(900)
    const { rows } = await database.pool.query<{ expire: string }>('select max(expire) as expire from rate_limits')
    expect(Number(rows[0]?.expire)).toBeLessThanOrEqual(Date.now() + 900_000)
    await database.pool.query('delete from rate_limits')
    await limited.close()
  })

  it('leaves no stored time in the future, and reports how many rows had one', async () => {
    const person = await createTestUser(site)
    const now = site.clock.now()
    await database.pool.query(
      `insert into one_time_links (purpose, user_id, token_hash, details, created_at, expires_at)
       values ('invitation', $1, 'x', '{}', $2::timestamptz + interval '1 day', $2::timestamptz + interval '2 days')`,
      [person.id, now],
    )
    expect(await correctFutureTimes(database, now, ['phone_devices', 'email_devices'])).toBeGreaterThan(0)
    const { rows } = await database.pool.query(
      'select created_at, expires_at from one_time_links where token_hash = $1',
      ['x'],
    )
    expect(rows).toEqual([{ created_at: now, expires_at: new Date(now.getTime() + DAY * 1000) }])
    expect(await correctFutureTimes(database, now, ['phone_devices', 'email_devices'])).toBe(0)
  })
})
