import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import type { HttpResponse, HttpRequest } from '../support/http-browser.js'
import { createTestUser, type TestUser, startTestSite, type TestSite } from '../support/site.js'
import { openTestDatabase } from '../support/database.js'

const login = '/account/login'
const LIMIT = { LOGIN_ADDRESS_LIMIT: '3' }

let database: Database
let site: TestSite
let person: TestUser

beforeAll(async () => {
  database = await openTestDatabase()
  site = await startTestSite(database, LIMIT)
})
beforeEach(async () => {
  await database.pool.query('delete from rate_limits')
  await database.pool.query('delete from sessions')
  person = await createTestUser(site, { backupTokens: 5 })
})
afterAll(async () => {
  await site.close()
  await database.close()
})

const right = () => ({ username: person.email, password: person.password })
const wrong = () => ({ username: person.email, password: 'wrong' })
const tryPassword = (
  at: TestSite,
  form: Record<string, string>,
  headers: HttpRequest['headers'] = {},
): Promise<HttpResponse> => at.browser().visit(login, { method: 'POST', form, headers })

async function fail(times: number, at = site, headers: HttpRequest['headers'] = {}): Promise<void> {
  for (let index = 0; index < times; index += 1)
    expect((await tryPassword(at, wrong(), headers)).code).toBe('invalid_login')
}

/** Rejected for the IP address: 429 with the time to wait in the header and in the text. */
function expectLimited(answer: HttpResponse): void {
  expect(answer).toMatchObject({ status: 429, code: 'n_failed_attempts' })
  const seconds = Number(answer.headers['retry-after'])
  expect(Number.isInteger(seconds) && seconds >= 1 && seconds <= 900).toBe(true)
  expect(answer.text).toMatch(/in \d+ (second|minute)s?/)
}

/** How many password checks were made: the audit log has an event for each rejected one. */
async function refusals(): Promise<number> {
  const { rows } = await database.pool.query<{ count: string }>(
    "select count(*) from audit_events where event = 'sign_in_refused' and user_id = $1",
    [person.id],
  )
  return Number(rows[0]?.count)
}

describe('after as many failures as the limit', () => {
  it('rejects a wrong password', async () => {
    await fail(3)
    expectLimited(await tryPassword(site, wrong()))
    expect(await refusals()).toBe(3)
  })

  it('rejects a correct password as well, and the whole form', async () => {
    await fail(3)
    expectLimited(await tryPassword(site, right()))
    expectLimited(await tryPassword(site, { ...right(), otp_token: person.backupTokens[0] ?? '' }))
    expect((await database.pool.query('select 1 from sessions')).rowCount).toBe(0)
    const { rowCount } = await database.pool.query('select 1 from static_tokens where device_id = $1', [
      person.backup?.id,
    ])
    expect(rowCount).toBe(5)
  })

  it('rejects other users at the IP address, too', async () => {
    await fail(3)
    const other = await createTestUser(site)
    expectLimited(await tryPassword(site, { username: other.email, password: other.password }))
  })

  it('counts unknown logins the same way', async () => {
    for (const name of ['a', 'b', 'c']) await tryPassword(site, { username: `${name}@nowhere.example`, password: 'x' })
    expectLimited(await tryPassword(site, right()))
  })

  it('counts wrong tokens, and rejects a correct one without consuming it', async () => {
    const browser = site.browser()
    await browser.post(login, right())
    for (const otp_token of person.backupTokens
      .slice(1, 4)
      .map((token) => token.replace(/^./, (sign) => (sign === 'A' ? 'B' : 'A')))) {
      await database.pool.query('update static_devices set failure_count = 0, failed_at = null')
      expect((await browser.post(login, { otp_token })).code).toBe('invalid_token')
    }
    await database.pool.query('update static_devices set failure_count = 0, failed_at = null')
    expectLimited(await browser.post(login, { otp_token: person.backupTokens[0] ?? '' }))
    const { rowCount } = await database.pool.query('select 1 from static_tokens where device_id = $1', [
      person.backup?.id,
    ])
    expect(rowCount).toBe(5)
  })

  it('counts wrong tokens in the whole form', async () => {
    for (let index = 0; index < 3; index += 1) {
      await database.pool.query('update totp_devices set failure_count = 0, failed_at = null')
      await tryPassword(site, { ...right(), otp_token: '000000' })
    }
    expectLimited(await tryPassword(site, right()))
  })

  it('does not affect a signed-in user', async () => {
    const browser = site.browser()
    await browser.post(login, { ...right(), otp_token: person.backupTokens[0] ?? '' })
    await fail(3)
    expectLimited(await tryPassword(site, right()))
    expect((await browser.get('/admin')).status).toBe(200)
  })

  it('still shows the page', async () => {
    await fail(4 - 1)
    expect((await site.browser().get(login)).status).toBe(200)
  })
})

describe('a success', () => {
  it('returns its own attempt and clears no failure of others', async () => {
    await fail(2)
    for (let index = 0; index < 3; index += 1) expect((await tryPassword(site, right())).status).toBe(303)
    const whole = await tryPassword(site, { ...right(), otp_token: person.backupTokens[0] ?? '' })
    expect(whole.location).toBe('/admin')
    await fail(1)
    expectLimited(await tryPassword(site, right()))
  })

  it('returns both attempts if it takes two steps', async () => {
    await fail(2)
    for (const otp_token of person.backupTokens.slice(0, 3)) {
      const browser = site.browser()
      expect((await browser.post(login, right())).status).toBe(303)
      expect((await browser.post(login, { otp_token })).location).toBe('/admin')
    }
    await fail(1)
    expectLimited(await tryPassword(site, right()))
  })

  it('leaves no failure behind for many at once', async () => {
    await fail(2)
    const tries = await Promise.all(Array.from({ length: 10 }, () => tryPassword(site, right())))
    expect(tries.every(({ status }) => status === 303 || status === 429)).toBe(true)
    expect((await tryPassword(site, right())).status).toBe(303)
  })
})

describe('the count', () => {
  it('is shared by two processes, and remains after a restart', async () => {
    const twin = await startTestSite(database, LIMIT)
    await fail(2)
    await fail(1, twin)
    expectLimited(await tryPassword(site, right()))
    expectLimited(await tryPassword(twin, right()))
    await twin.close()
    const restarted = await startTestSite(database, LIMIT)
    expectLimited(await tryPassword(restarted, right()))
    await restarted.close()
  })

  it('is exact for twenty at once: at most three reach the password', async () => {
    const twin = await startTestSite(database, LIMIT)
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => tryPassword(index % 2 ? site : twin, wrong())),
    )
    await twin.close()
    expect(answers.filter(({ code }) => code === 'invalid_login').length).toBeLessThanOrEqual(3)
    expect(await refusals()).toBeLessThanOrEqual(3)
    expectLimited(await tryPassword(site, right()))
  })

  it('is exact for a mix of twenty: at most three wrong ones get through', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, index) => tryPassword(site, index % 2 ? right() : wrong())))
    expect(await refusals()).toBeLessThanOrEqual(3)
  })

  it('ends after 15 minutes', async () => {
    // The limiter uses the real clock. Its window begins with the first failure: between these two moments.
    const before = Date.now()
    await fail(3)
    const after = Date.now()
    const { rows } = await database.pool.query<{ expire: string }>(
      "select expire from rate_limits where key like 'login%'",
    )
    const began = Number(rows[0]?.expire) - 900_000
    expect(began).toBeGreaterThanOrEqual(before)
    expect(began).toBeLessThanOrEqual(after)
    await database.pool.query('update rate_limits set expire = expire - 900001')
    expect((await tryPassword(site, right())).status).toBe(303)
  })
})

describe('the IP address', () => {
  const from = (address: string) => ({
    'X-Forwarded-For': address,
    Forwarded: `for=${address}`,
    'X-Real-IP': address,
    'X-Client-IP': address,
  })

  it('is not taken from a header', async () => {
    for (const address of ['192.0.2.1', '192.0.2.2', '192.0.2.3']) await fail(1, site, from(address))
    expectLimited(await tryPassword(site, right(), from('192.0.2.4')))
    const { rows } = await database.pool.query('select distinct address from audit_events where user_id = $1', [
      person.id,
    ])
    expect(rows).toEqual([{ address: '127.0.0.1' }])
  })

  it('is the one from the trusted proxy, and not one in front of it', async () => {
    const behind = await startTestSite(database, { ...LIMIT, TRUST_PROXY: '1' })
    await fail(3, behind, from('192.0.2.1'))
    expectLimited(await tryPassword(behind, right(), from('192.0.2.1')))
    expectLimited(await tryPassword(behind, right(), from('198.51.100.9, 192.0.2.1')))
    expect((await tryPassword(behind, right(), from('192.0.2.2'))).status).toBe(303)
    await behind.close()
  })

  it('is one for a whole IPv6 network, as one customer has it (RFC 6177)', async () => {
    const behind = await startTestSite(database, { ...LIMIT, TRUST_PROXY: '1' })
    for (const host of ['1', 'ffff:ffff:ffff:ffff', 'a:b:c:d'])
      await fail(1, behind, from(host.length > 1 ? `2001:db8:0:7:${host}` : `2001:db8:0:7::${host}`))
    expectLimited(await tryPassword(behind, right(), from('2001:DB8:0:7:0:0:0:9')))
    expect((await tryPassword(behind, right(), from('2001:db8:0:8::1'))).status).toBe(303)
    await behind.close()
  })

  it('is not taken from an untrusted proxy if others are trusted', async () => {
    const behind = await startTestSite(database, { ...LIMIT, TRUST_PROXY: '10.0.0.0/8' })
    for (const address of ['192.0.2.1', '192.0.2.2', '192.0.2.3']) await fail(1, behind, from(address))
    expectLimited(await tryPassword(behind, right(), from('192.0.2.4')))
    await behind.close()
  })

  it.each(['x'.repeat(5_000), 'a\u00e9', '::ffff:1.2.3.4', '1.2.3.4%00', "'; drop table users; --", ''])(
    'causes no error if a trusted proxy sends %.20j',
    async (address) => {
      const behind = await startTestSite(database, { ...LIMIT, TRUST_PROXY: '1' })
      const answer = await tryPassword(behind, wrong(), { 'X-Forwarded-For': address })
      expect(answer.code).toBe('invalid_login')
      await behind.close()
    },
  )
})

it('is turned off by 0', async () => {
  const open = await startTestSite(database, { LOGIN_ADDRESS_LIMIT: '0' })
  await fail(8, open)
  expect((await tryPassword(open, right())).status).toBe(303)
  expect((await database.pool.query('select 1 from rate_limits')).rowCount).toBe(0)
  await open.close()
})
