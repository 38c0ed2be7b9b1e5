import { rmSync } from 'node:fs'
import { systemClock } from '../../src/clock.js'
import { connectDatabase } from '../../src/db/connect.js'
import { migrate } from '../../src/db/migrate.js'
import { testConfig } from '../../test/support/config.js'
import { temporaryFolder } from '../databases.js'
import { timeEach } from '../stats.js'
import { addUsers, createOtp, type BenchUser, signIn } from '../users.js'
import type { ResultRow } from '../scenario.js'
import { startServer } from '../start-server.js'

const WARM_UP = 10
const CONCURRENT = 50
const PARALLEL = 20

/** Measures delays and waiting times during many concurrent sign-ins on the embedded database. */
export async function eventLoop(): Promise<ResultRow[]> {
  const folder = temporaryFolder()
  const users = await prepare(folder, WARM_UP + CONCURRENT + PARALLEL)
  const server = await startServer({ DATA_DIR: folder })
  await signInAll(server.baseUrl, users.splice(0, WARM_UP))
  await server.probe('watch')
  await signInAll(server.baseUrl, users.splice(0, CONCURRENT))
  const { delay } = await server.probe()
  const waits = await signInAll(server.baseUrl, users)
  await server.stop()
  rmSync(folder, { recursive: true })
  return [delayRow(delay.p99, delay.max), waitRow(Math.max(...waits) / 1000)]
}

async function prepare(folder: string, count: number): Promise<BenchUser[]> {
  const database = await connectDatabase(testConfig({ DATA_DIR: folder }))
  await migrate(database)
  const users = await addUsers(createOtp(database, systemClock), count)
  await database.close()
  return users
}

/** Signs in all users at once. @returns the milliseconds that each of them needed */
async function signInAll(baseUrl: string, users: readonly BenchUser[]): Promise<number[]> {
  const each = await Promise.all(users.map((user) => timeEach(1, () => signIn(baseUrl, user))))
  return each.flat()
}

function delayRow(p99: number, max: number): ResultRow {
  return {
    what: 'event-loop delay, p99, during 50 concurrent sign-ins, embedded database',
    target: '≤ 25 ms',
    measured: `${p99.toFixed(1)} ms (longest ${max.toFixed(0)} ms)`,
    ok: p99 <= 25,
  }
}

function waitRow(longest: number): ResultRow {
  return {
    what: 'twenty sign-ins at once on the embedded database: the slowest, both steps',
    target: '≤ 2 s',
    measured: `${longest.toFixed(2)} s`,
    ok: longest <= 2,
  }
}
