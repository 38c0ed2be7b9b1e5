import { systemClock } from '../../src/clock.js'
import { openBrowser } from '../../test/support/browse.js'
import { createDatabase } from '../databases.js'
import { median } from '../numbers.js'
import { addPeople, createOtp, PASSWORD } from '../people.js'
import type { Bench, Row } from '../scenario.js'
import { startServer } from '../start-server.js'

const TRIES = 200

/** Whether the time of a refused password tells who has an account (ASVS 6.3.8). */
export async function refusedLogins(bench: Bench): Promise<Row[]> {
  const { database, environment, drop } = await createDatabase(bench)
  const [known, inactive] = await addPeople(createOtp(database, systemClock), 2)
  if (!known || !inactive) throw new Error('There are no people to refuse.')
  await database.pool.query('update users set is_active = false where id = $1', [inactive.id])
  const server = await startServer({ ...environment, LOGIN_ADDRESS_LIMIT: '0' })
  const forms = [
    { what: 'unknown address', username: 'nobody@example.com', password: PASSWORD },
    { what: 'wrong password', username: known.email, password: 'wrong horse battery' },
    { what: 'inactive user', username: inactive.email, password: PASSWORD },
  ]
  const times = await measure(server.baseUrl, forms)
  await server.stop()
  await drop()
  const medians = times.map(median)
  const difference = (Math.max(...medians) / Math.min(...medians) - 1) * 100
  const told = forms.map(({ what }, index) => `${what} ${medians[index]?.toFixed(1)} ms`)
  return [
    {
      what: `refused passwords, medians of ${TRIES} tries each`,
      must: 'differ by < 5 %',
      measured: `${difference.toFixed(1)} % (${told.join(', ')})`,
      ok: difference < 5,
    },
  ]
}

/** In turns, so that what else the machine does disturbs all of them alike. */
async function measure(baseUrl: string, forms: readonly { username: string; password: string }[]): Promise<number[][]> {
  const times: number[][] = forms.map(() => [])
  for (let round = 0; round < TRIES; round += 1)
    for (const [index, { username, password }] of forms.entries()) {
      const start = performance.now()
      const answer = await openBrowser(baseUrl).post('/account/login', { username, password })
      times[index]?.push(performance.now() - start)
      if (answer.code !== 'invalid_login') throw new Error(`Refused otherwise: ${answer.status} ${answer.code}`)
    }
  return times
}
