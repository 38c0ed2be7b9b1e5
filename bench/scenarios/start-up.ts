import { rmSync } from 'node:fs'
import { systemClock } from '../../src/clock.js'
import { connectDatabase } from '../../src/db/connect.js'
import { migrate } from '../../src/db/migrate.js'
import { testConfig } from '../../test/support/config.js'
import { createDatabase, temporaryFolder } from '../databases.js'
import { median } from '../stats.js'
import { addUsers, createOtp } from '../users.js'
import type { BenchContext, ResultRow } from '../scenario.js'
import { startServer } from '../start-server.js'

const STARTS = 5

/** Measures the time from `node dist/app/otp-admin.js serve` to the first sign-in page, with an existing database. */
export async function startUp(bench: BenchContext): Promise<ResultRow[]> {
  const rows = [await onEmbedded()]
  if (bench.postgres) rows.push(await onPostgres(bench))
  return rows
}

async function onEmbedded(): Promise<ResultRow> {
  const folder = temporaryFolder()
  const database = await connectDatabase(testConfig({ DATA_DIR: folder }))
  await migrate(database)
  await addUsers(createOtp(database, systemClock), 10)
  await database.close()
  const row = await measure('start to first sign-in page, existing embedded database', 2.5, { DATA_DIR: folder })
  rmSync(folder, { recursive: true })
  return row
}

async function onPostgres(bench: BenchContext): Promise<ResultRow> {
  const { database, environment, drop } = await createDatabase(bench)
  await addUsers(createOtp(database, systemClock), 10)
  const row = await measure('the same with `DATABASE_URL`', 1.5, environment)
  await drop()
  return row
}

async function measure(what: string, limit: number, environment: Record<string, string>): Promise<ResultRow> {
  const seconds: number[] = []
  while (seconds.length < STARTS) seconds.push(await startOnce(environment))
  return { what, target: `≤ ${limit} s`, measured: `${median(seconds).toFixed(2)} s`, ok: median(seconds) <= limit }
}

async function startOnce(environment: Record<string, string>): Promise<number> {
  const start = performance.now()
  const server = await startServer(environment)
  const page = await fetch(`${server.baseUrl}/account/login`)
  if (page.status !== 200) throw new Error(`The sign-in page returned ${page.status}.`)
  const seconds = (performance.now() - start) / 1000
  await server.stop()
  return seconds
}
