import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { connectDatabase, type Database } from '../src/db/connect.js'
import { migrate } from '../src/db/migrate.js'
import { testConfig } from '../test/support/config.js'
import { databaseUrl, runSql } from '../test/support/start-postgres.js'
import type { BenchContext } from './scenario.js'

/** A migrated database for one scenario, and the variables with which the server uses it. */
export interface BenchDatabase {
  database: Database
  environment: Record<string, string>
  drop(): Promise<void>
}

/** Creates a database on PostgreSQL. @throws if PostgreSQL is not installed */
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

/** Creates a folder with a short path, because the socket of the embedded database is in it. */
export function temporaryFolder(): string {
  return mkdtempSync(path.join(tmpdir(), 'otp-bench-'))
}
