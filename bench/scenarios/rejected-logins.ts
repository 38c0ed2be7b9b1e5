import { systemClock } from '../../src/clock.js'
import { createHttpBrowser } from '../../test/support/http-browser.js'
import { createDatabase } from '../databases.js'
import { median } from '../stats.js'
import { addUsers, createOtp, PASSWORD } from '../users.js'
import type { BenchContext, ResultRow } from '../scenario.js'
import { startServer } from '../start-server.js'

const ATTEMPTS = 200
/** Wrong passwords for each account. From the eleventh on, the account would be throttled. */
const EACH = 8

/** Measures whether the time of a rejected password reveals that an account exists (ASVS 6.3.8). */
export async function rejectedLogins(bench: BenchContext): Promise<ResultRow[]> {
  const { database, environment, drop } = await createDatabase(bench)
  const each = ATTEMPTS / EACH
  const users = await addUsers(createOtp(database, systemClock), 2 * each)
  const inactive = users.slice(each).map(({ id }) => id)
  await database.pool.query('update users set is_active = false where id = any($1)', [inactive])
  const server = await startServer({ ...environment, LOGIN_ADDRESS_LIMIT: '0' })
  const times = await measure(
    server.baseUrl,
    users.map(({ email }) => email),
  )
  await server.stop()
  await drop()
  const medians = times.map(median)
  const difference = (Math.max(...medians) / Math.min(...medians) - 1) * 100
  const results = WHO.map((what, index) => `${what} ${medians[index]?.toFixed(1)} ms`)
  return [
    {
      what: `rejected passwords, medians of ${ATTEMPTS} attempts each`,
      target: 'differ by < 5 %',
      measured: `${difference.toFixed(1)} % (${results.join(', ')})`,
      ok: difference < 5,
    },
  ]
}

const WHO = ['unknown email address', 'incorrect password', 'inactive user']

/**
 * Sends the three forms in turn, so that other work on the machine affects all of them equally.
 *
 * @param emails of active users, followed by those of as many inactive ones
 */
async function measure(baseUrl: string, emails: readonly string[]): Promise<number[][]> {
  const times: number[][] = WHO.map(() => [])
  for (let round = 0; round < ATTEMPTS; round += 1) {
    const user = Math.floor(round / EACH)
    const forms = [
      { username: `nobody-${user}@example.com`, password: PASSWORD },
      { username: emails[user] ?? '', password: 'wrong horse battery' },
      { username: emails[user + emails.length / 2] ?? '', password: PASSWORD },
    ]
    for (const [index, form] of forms.entries()) {
      const start = performance.now()
      const response = await createHttpBrowser(baseUrl).post('/account/login', form)
      times[index]?.push(performance.now() - start)
      if (response.code !== 'invalid_login')
        throw new Error(`Rejected with another code: ${response.status} ${response.code}`)
    }
  }
  return times
}
