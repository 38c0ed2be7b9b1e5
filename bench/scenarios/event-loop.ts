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

/** Many logins at once on the embedded database: does the process still answer, does anybody wait? */
export async function eventLoop(): Promise<ResultRow[]> {
  const folder = temporaryFolder()
  const people = await prepare(folder, WARM_UP + CONCURRENT + PARALLEL)
  const server = await startServer({ DATA_DIR: folder })
  await together(server.baseUrl, people.splice(0, WARM_UP))
  await server.probe('watch')
  await together(server.baseUrl, people.splice(0, CONCURRENT))
  const { delay } = await server.probe()
  const waits = await together(server.baseUrl, people)
  await server.stop()
  rmSync(folder, { recursive: true })
  return [delayRow(delay.p99, delay.max), waitRow(Math.max(...waits) / 1000)]
}

async function prepare(folder: string, count: number): Promise<BenchUser[]> {
  const database = await connectDatabase(testConfig({ DATA_DIR: folder }))
  await migrate(database)
  const people = await addUsers(createOtp(database, systemClock), count)
  await database.close()
  return people
}

/** Starts all at once. @returns milliseconds that each took for both steps */
async function together(baseUrl: string, people: readonly BenchUser[]): Promise<number[]> {
  const each = await Promise.all(people.map((person) => timeEach(1, () => signIn(baseUrl, person))))
  return each.flat()
}

function delayRow(p99: number, max: number): ResultRow {
  return {
    what: 'event-loop delay, p99, during 50 concurrent logins, embedded database',
    must: '≤ 25 ms',
    measured: `${p99.toFixed(1)} ms (longest ${max.toFixed(0)} ms)`,
    ok: p99 <= 25,
  }
}

function waitRow(longest: number): ResultRow {
  return {
    what: 'twenty sign-ins at once on the embedded database: the slowest, both steps',
    must: '≤ 2 s',
    measured: `${longest.toFixed(2)} s`,
    ok: longest <= 2,
  }
}
