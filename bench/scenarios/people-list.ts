import { systemClock } from '../../src/clock.js'
import type { Database } from '../../src/db/connect.js'
import { createDatabase } from '../databases.js'
import type { BenchContext, ResultRow } from '../scenario.js'
import { startServer } from '../start-server.js'
import { median, timeEach } from '../stats.js'
import { addUsers, createOtp, signIn } from '../users.js'

const PEOPLE = 1_000_000
const CALLS = 9
const WARM_UP = 2

const queries: readonly (readonly [what: string, query: string, limit: number])[] = [
  ['first page', 'page=1', 30],
  ['first page by last sign-in', 'sortBy=last_login_at&direction=desc', 30],
  ['without second factor', 'filters.second_factor=none&filters.is_active=true', 40],
  ['backup tokens only', 'filters.second_factor=backup_only&filters.is_active=true', 40],
  ['weak only', 'filters.second_factor=weak_only&filters.is_active=true', 40],
  ['invited', 'filters.status=invited', 40],
  ['deactivated', 'filters.status=deactivated', 40],
  ['a part of the email address', 'filters.email=crowd-a1b2', 40],
]

/** Measures the list of people, with its count, over HTTP, as a superuser. */
export async function peopleList(bench: BenchContext): Promise<ResultRow[]> {
  const { database, environment, drop } = await createDatabase(bench)
  const [user] = await addUsers(createOtp(database, systemClock), 1)
  if (!user) throw new Error('There is no user to sign in.')
  await addPeople(database)
  const server = await startServer(environment)
  const browser = await signIn(server.baseUrl, user)
  const rows: ResultRow[] = []
  for (const [what, query, limit] of queries) {
    const measure = async () => {
      const response = await browser.get(`/admin/api/resources/users/actions/list?perPage=20&${query}`)
      // The site's own limit for a statement.
      if (response.status !== 200) throw new Error(`${query}: no answer within 5 s`)
    }
    const times = await timeEach(CALLS, measure).catch(() => [Infinity])
    rows.push(row(what, median(times.length > 1 ? times.slice(WARM_UP) : times), limit))
  }
  await server.stop()
  await drop()
  return rows
}

/** Adds people of all states: nine in ten have an app, and one in ten one of the others. */
async function addPeople({ pool }: Database): Promise<void> {
  await pool.query(
    `insert into users (email, name, is_active, last_login_at)
    select format('crowd-%s@example.com', md5(n::text)), format('Crowd %s', n), n % 40 <> 0, case when n % 10 <> 0 then now() - n * interval '1 second' end from generate_series(1, $1) n`,
    [PEOPLE],
  )
  const add = (table: string, columns: string, values: string, which: string) =>
    pool.query(
      `insert into ${table} (user_id, name, confirmed${columns}) select id, 'One', true${values} from users
      where email like 'crowd-%' and ${which}`,
    )
  await add('totp_devices', ', secret', `, 'none'`, 'id % 10 < 9')
  await add('static_devices', '', '', 'id % 20 = 19 or id % 3 = 0')
  await add('phone_devices', ', number, method', `, '+41791234567', 'sms'`, 'id % 40 = 9')
  await pool.query(
    `insert into one_time_links (purpose, user_id, token_hash, created_at, expires_at)
    select 'invitation', id, id::text, now(), now() + interval '1 day' from users
    where last_login_at is null and email like 'crowd-%' and id % 20 = 0`,
  )
  await pool.query('vacuum (analyze)')
}

function row(what: string, milliseconds: number, limit: number): ResultRow {
  return {
    what: `list of people, 1,000,000 rows: ${what}`,
    target: `≤ ${limit} ms`,
    measured: Number.isFinite(milliseconds) ? `${milliseconds.toFixed(0)} ms` : 'no answer within 5 s',
    ok: milliseconds <= limit,
  }
}
