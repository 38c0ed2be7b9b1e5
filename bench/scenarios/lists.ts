import { systemClock } from '../../src/clock.js'
import { addBulkUsers } from '../bulk-users.js'
import { createDatabase } from '../databases.js'
import { median, timeEach } from '../stats.js'
import { addUsers, createOtp, signIn } from '../users.js'
import type { BenchContext, ResultRow } from '../scenario.js'
import { startServer } from '../start-server.js'

const USERS = 100_000
const DEVICES_EACH = 10
const PER_PAGE = 20
const CALLS = 15
const WARM_UP = 3

/** Measures AdminJS's list call on a large table, sent over HTTP by a verified superuser. */
export async function lists(bench: BenchContext): Promise<ResultRow[]> {
  const { database, environment, drop } = await createDatabase(bench)
  const [user] = await addUsers(createOtp(database, systemClock), 1)
  if (!user) throw new Error('There is no user to sign in.')
  await addBulkUsers(database, { users: USERS, devicesEach: DEVICES_EACH })
  const { rows } = await database.pool.query<{ email: string }>('select email from users where id = $1', [USERS / 2])
  const server = await startServer(environment)
  const browser = await signIn(server.baseUrl, user)
  const list = async (query: string): Promise<number> => {
    const measure = async () => {
      const response = await browser.get(`/admin/api/resources/totp_devices/actions/list?perPage=${PER_PAGE}&${query}`)
      if (response.status !== 200 || !response.text.includes('"records":[{'))
        throw new Error(`${query}: ${response.text}`)
    }
    return median((await timeEach(CALLS, measure)).slice(WARM_UP))
  }
  const last = Math.ceil((USERS * DEVICES_EACH + 1) / PER_PAGE)
  const part = rows[0]?.email.slice(8, 24) ?? ''
  const measured = [await list('page=1'), await list(`page=${last}`), await list(`filters.user_id=${part}`)]
  await server.stop()
  await drop()
  return ['first page', 'last page', "filter by a part of the owner's email address"].map((what, index) =>
    row(what, measured[index] ?? NaN, [30, 200, 40][index] ?? NaN),
  )
}

function row(what: string, milliseconds: number, limit: number): ResultRow {
  return {
    what: `\`totp_devices\` list, 1,000,000 rows: ${what}`,
    target: `≤ ${limit} ms`,
    measured: `${milliseconds.toFixed(0)} ms`,
    ok: milliseconds <= limit,
  }
}
