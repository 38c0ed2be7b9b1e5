import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import { removeAllDevices } from '../../src/otp/devices/remove-all-devices.js'
import { noClient } from '../../src/client-info.js'
import type { HttpResponse, HttpBrowser } from '../support/http-browser.js'
import { openTestDatabase } from '../support/database.js'
import { postgresUrl } from '../support/postgres-database.js'
import { createTestUser, type TestUser, startTestSite, type TestSite } from '../support/site.js'

const login = '/account/login'
const COOKIE = 'otp_trusted'
const RACERS = 10

describe.skipIf(!postgresUrl())('concurrent requests from trusted browsers on PostgreSQL', () => {
  let database: Database
  /** The state of two processes over one database. */
  let site: TestSite
  let twin: TestSite
  beforeAll(async () => {
    database = await openTestDatabase('postgres')
    site = await startTestSite(database, { TRUST_BROWSER_DAYS: '30' })
    twin = await startTestSite(database, { TRUST_BROWSER_DAYS: '30' })
  })
  afterAll(async () => {
    await Promise.all([site.close(), twin.close()])
    await database.close()
  })

  const enter = (browser: HttpBrowser, { email, password }: TestUser): Promise<HttpResponse> =>
    browser.post(login, { username: email, password })
  const trusted = async (person: TestUser): Promise<HttpBrowser> => {
    const browser = site.browser()
    await enter(browser, person)
    await browser.post(login, { otp_token: person.code(), trust_browser: 'on' })
    expect(browser.cookies.has(COOKIE)).toBe(true)
    return browser
  }
  /** Browsers with the same trust token, half of them at the other process. */
  const copies = (browser: HttpBrowser, count = RACERS): HttpBrowser[] =>
    Array.from({ length: count }, (_, index) => {
      const copy = (index % 2 ? twin : site).browser()
      copy.cookies.set(COOKIE, browser.cookies.get(COOKIE) ?? '')
      return copy
    })
  const rowsOf = async ({ id }: TestUser) =>
    (await database.pool.query('select id from trusted_browsers where user_id = $1', [id])).rows
  const isVerified = async (browser: HttpBrowser) => (await browser.get('/admin')).status === 200

  it('accepts one of ten browsers with one token, asks the others for a code, and locks nobody', async () => {
    const person = await createTestUser(site)
    const browsers = copies(await trusted(person))
    const answers = await Promise.all(browsers.map((browser) => enter(browser, person)))
    const ways = answers.map(({ location }) => location)
    expect(ways.filter((way) => way === '/admin')).toHaveLength(1)
    expect(ways.filter((way) => way === login)).toHaveLength(RACERS - 1)
    const verified = await Promise.all(browsers.map(isVerified))
    expect(verified.filter(Boolean)).toHaveLength(1)
    expect(await rowsOf(person)).toHaveLength(1)
    const { rows } = await database.pool.query(
      `select d.failure_count, u.token_failed_at from totp_devices d join users u on u.id = d.user_id where u.id = $1`,
      [person.id],
    )
    expect(rows).toEqual([{ failure_count: 0, token_failed_at: [] }])
    const loser = browsers.find((_, index) => !verified[index])
    site.clock.advance(30)
    twin.clock.advance(30)
    expect((await loser?.post(login, { otp_token: person.code() }))?.location).toBe('/admin')
  })

  /** Every way to revoke trust while the browser signs in: whichever comes first, no session is verified by it. */
  const endings: Record<string, (person: TestUser) => Promise<unknown>> = {
    'a device is removed': ({ id: userId }) =>
      database.sequelize.transaction((transaction) =>
        removeAllDevices(site.otp, transaction, { userId, client: noClient, by: 'command_line', actorId: null }),
      ),
    'the password changes': ({ id }) =>
      database.pool.query(
        `update users set password_hash = password_hash || '', auth_epoch = auth_epoch + 1 where id = $1`,
        [id],
      ),
    'the address changes': ({ id }) =>
      database.pool.query(`update users set email = 'raced.' || email where id = $1`, [id]),
  }

  it.each(Object.keys(endings))('lets nobody in if the trust ends during the sign-in: %s', async (ending) => {
    for (let round = 0; round < 5; round += 1) {
      const person = await createTestUser(site)
      const browsers = copies(await trusted(person), 4)
      await Promise.all([...browsers.map((browser) => enter(browser, person)), endings[ending]?.(person)])
      expect(await rowsOf(person)).toEqual([])
      expect(await Promise.all(browsers.map(isVerified))).not.toContain(true)
    }
  })

  it('leaves no browser trusted that was added while the password changed', async () => {
    for (let round = 0; round < 5; round += 1) {
      const person = await createTestUser(site)
      const browser = site.browser()
      await enter(browser, person)
      await Promise.all([
        browser.post(login, { otp_token: person.code(), trust_browser: 'on' }),
        database.pool.query('update users set auth_epoch = auth_epoch + 1 where id = $1', [person.id]),
      ])
      browser.cookies.delete('otp_session')
      expect((await enter(browser, person)).location).toBe(login)
    }
  })

  it('never deadlocks between revoking and using trust, and lets nobody stay signed in', async () => {
    for (let round = 0; round < 5; round += 1) {
      const person = await createTestUser(site)
      const owner = await trusted(person)
      const browsers = copies(owner, 4)
      const answers = await Promise.all([
        ...browsers.map((browser) => enter(browser, person)),
        owner.post('/account/two-factor/browsers/end-all'),
        owner.post('/account/two-factor/browsers/end-all'),
      ])
      expect(answers.every(({ status }) => status === 303)).toBe(true)
      expect(await Promise.all(browsers.map(isVerified))).not.toContain(true)
    }
  })
})
