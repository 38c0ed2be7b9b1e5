import { setTimeout as pause } from 'node:timers/promises'
import { systemClock } from '../../src/clock.js'
import type { Database } from '../../src/db/connect.js'
import { createDatabase } from '../databases.js'
import { load, type LoadRequest } from '../load.js'
import { formatThousands } from '../stats.js'
import { addUsers, createOtp } from '../users.js'
import type { BenchContext, ResultRow } from '../scenario.js'
import { type BenchServer, startServer } from '../start-server.js'

const SECONDS = 3

/** Pages and calls of every form. The last one has a forged cookie. */
const REQUESTS: readonly (LoadRequest & { status: number })[] = [
  { path: '/admin', status: 302 },
  { path: '/admin/resources/users/records/1/show', status: 302 },
  { path: '/admin/login', status: 302 },
  { path: '/admin/api/resources/users/actions/list', status: 401 },
  { path: '/admin/api/resources/users/records/1/edit', method: 'POST', status: 401 },
  { path: '/admin/api/dashboard', headers: { cookie: 'otp_session=s%3Anobody.signed%2Bthis' }, status: 401 },
]

/** Measures anonymous requests to the panel. */
export async function rejectedRequests(bench: BenchContext): Promise<ResultRow[]> {
  const { database, environment, drop } = await createDatabase(bench)
  await addUsers(createOtp(database, systemClock), 10)
  const server = await startServer(environment)
  const rates: number[] = []
  await rejectAll(server, 1)
  const before = await tableAccess(database)
  rates.push(...(await rejectAll(server, SECONDS)))
  const accesses = (await tableAccess(database)) - before
  await server.stop()
  await drop()
  return [row(Math.min(...rates), accesses)]
}

async function rejectAll(server: BenchServer, seconds: number): Promise<number[]> {
  const rates: number[] = []
  for (const { status, ...request } of REQUESTS) {
    const { perSecond, statuses } = await load(server.baseUrl, request, seconds)
    if (statuses.some((each) => each !== status)) throw new Error(`${request.path} returned ${statuses.join()}`)
    rates.push(perSecond)
  }
  return rates
}

/** An idle backend reports its statistics after at most ten seconds. */
const REPORT_DELAY_MS = 11_000

/** Counts reads and writes of all tables except the one that the job worker polls every second. */
async function tableAccess({ pool }: Database): Promise<number> {
  await pause(REPORT_DELAY_MS)
  const { rows } = await pool.query<{ accesses: number }>(
    `select sum(seq_scan + coalesce(idx_scan, 0) + n_tup_ins + n_tup_upd + n_tup_del)::float8 as accesses
    from pg_stat_user_tables where schemaname = 'public' and relname <> 'job_processes'`,
  )
  return rows[0]?.accesses ?? NaN
}

function row(slowest: number, accesses: number): ResultRow {
  return {
    what: 'anonymous request to any panel path, rejected (the slowest of six forms, one with a forged cookie)',
    target: '≥ 3,000/s, no database access',
    measured: `${formatThousands(slowest)}/s, ${accesses === 0 ? 'no' : formatThousands(accesses)} database access`,
    ok: slowest >= 3_000 && accesses === 0,
  }
}
