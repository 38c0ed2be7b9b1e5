import { systemClock } from '../../src/clock.js'
import { createHttpBrowser } from '../../test/support/http-browser.js'
import { createDatabase } from '../databases.js'
import { median } from '../stats.js'
import { addUsers, createOtp, PASSWORD } from '../users.js'
import type { BenchContext, ResultRow } from '../scenario.js'
import { startServer } from '../start-server.js'

const TRIES = 200
/** Wrong passwords that one account is asked about: from the eleventh on it makes the sender wait. */
const EACH = 8

/** Whether the time of a refused password tells who has an account (ASVS 6.3.8). */
export async function rejectedLogins(bench: BenchContext): Promise<ResultRow[]> {
  const { database, environment, drop } = await createDatabase(bench)
  const each = TRIES / EACH
  const people = await addUsers(createOtp(database, systemClock), 2 * each)
  const inactive = people.slice(each).map(({ id }) => id)
  await database.pool.query('update users set is_active = false where id = any($1)', [inactive])
  const server = await startServer({ ...environment, LOGIN_ADDRESS_LIMIT: '0' })
  const times = await measure(
    server.baseUrl,
    people.map(({ email }) => email),
  )
  await server.stop()
  await drop()
  const medians = times.map(median)
  const difference = (Math.max(...medians) / Math.min(...medians) - 1) * 100
  const told = WHO.map((what, index) => `${what} ${medians[index]?.toFixed(1)} ms`)
  return [
    {
      what: `refused passwords, medians of ${TRIES} tries each`,
      must: 'differ by < 5 %',
      measured: `${difference.toFixed(1)} % (${told.join(', ')})`,
      ok: difference < 5,
    },
  ]
}

const WHO = ['unknown address', 'wrong password', 'inactive user']

/**
 * In turns, so that what else the machine does disturbs all of them alike.
 *
 * @param emails of as many active people, and then of as many inactive ones
 */
async function measure(baseUrl: string, emails: readonly string[]): Promise<number[][]> {
  const times: number[][] = WHO.map(() => [])
  for (let round = 0; round < TRIES; round += 1) {
    const person = Math.floor(round / EACH)
    const forms = [
      { username: `nobody-${person}@example.com`, password: PASSWORD },
      { username: emails[person] ?? '', password: 'wrong horse battery' },
      { username: emails[person + emails.length / 2] ?? '', password: PASSWORD },
    ]
    for (const [index, form] of forms.entries()) {
      const start = performance.now()
      const answer = await createHttpBrowser(baseUrl).post('/account/login', form)
      times[index]?.push(performance.now() - start)
      if (answer.code !== 'invalid_login') throw new Error(`Refused otherwise: ${answer.status} ${answer.code}`)
    }
  }
  return times
}
