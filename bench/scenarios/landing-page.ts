import { systemClock } from '../../src/clock.js'
import { createDatabase } from '../databases.js'
import { load } from '../load.js'
import { median } from '../stats.js'
import { addUsers, createOtp, signIn } from '../users.js'
import { addBulkUsers } from '../bulk-users.js'
import type { BenchContext, ResultRow } from '../scenario.js'
import { startServer } from '../start-server.js'

const USERS = 100_000
const ROUNDS = 5
const SECONDS = 2

/** Measures `GET /admin` for a verified user. Session, user and device are read, and the page is rendered. */
export async function landingPage(bench: BenchContext): Promise<ResultRow[]> {
  const { database, environment, drop } = await createDatabase(bench)
  const [user] = await addUsers(createOtp(database, systemClock), 1)
  if (!user) throw new Error('There is no user to sign in.')
  await addBulkUsers(database, { users: USERS, devicesEach: 1 })
  const server = await startServer(environment)
  const { cookies } = await signIn(server.baseUrl, user)
  const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const request = { path: '/admin', headers: { cookie, 'accept-encoding': 'gzip, deflate, br' } }
  await load(server.baseUrl, request, SECONDS, 4)
  const costs: number[] = []
  while (costs.length < ROUNDS) {
    const { cpu } = await server.probe()
    const { responses, statuses } = await load(server.baseUrl, request, SECONDS, 4)
    if (statuses.some((status) => status !== 200)) throw new Error(`The landing page returned ${statuses.join()}.`)
    costs.push(((await server.probe()).cpu - cpu) / responses)
  }
  await server.stop()
  await drop()
  return [row(median(costs))]
}

function row(cpu: number): ResultRow {
  return {
    what: "panel's landing page for a verified user, 100,000 users: CPU per request",
    target: '≤ 2.3 ms',
    measured: `${cpu.toFixed(2)} ms`,
    ok: cpu <= 2.3,
  }
}
