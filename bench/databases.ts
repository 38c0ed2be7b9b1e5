import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { connectDatabase, type Database } from '../src/db/connect.js'
import { migrate } from '../src/db/migrate.js'
import { testConfig } from '../test/support/config.js'
import { databaseUrl, runSql } from '../test/support/start-postgres.js'
import type { BenchContext } from './scenario.js'

/** A migrated database of a scenario's own, and the variables that lead the server to it. */
export interface BenchDatabase {
  database: Database
  environment: Record<string, string>
  drop(): Promise<void>
}

/** On PostgreSQL; fails where that is not installed. */
export async function createDatabase({ postgres }: BenchContext): Promise<BenchDatabase> {
  if (!postgres) throw new Error('PostgreSQL is not installed.')
  const name = `otp_bench_${randomBytes(6).toString('hex')}`
  await runSql(postgres.url, `create database ${name} template template0`)
  const folder = temporaryFolder()
  const environment = { DATABASE_URL: databaseUrl(postgres.url, name), DATA_DIR: folder }
  const database = await connectDatabase(testConfig(environment), { unhurried: true })
  await migrate(database)
  const drop = async () => {
    await database.close()
    await runSql(postgres.url, `drop database ${name} with (force)`)
    rmSync(folder, { recursive: true })
  }
  return { database, environment, drop }
}

/** Short, for the embedded database's socket lies in it. */
export function temporaryFolder(): string {
  return mkdtempSync(path.join(tmpdir(), 'otp-bench-'))
}
