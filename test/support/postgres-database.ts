import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import { databaseUrl, runSql } from './start-postgres.js'

export interface TestDatabase {
  url: string
  drop: () => Promise<void>
}

/** Returns the URL of the tests' server, or undefined if there is none and its tests are skipped. */
export function postgresUrl(): string | undefined {
  return inject('postgresUrl')
}

/** Creates a database: a copy of the migrated template, which takes milliseconds, or an `empty` one. */
export async function createTestDatabase(kind: 'migrated' | 'empty' = 'migrated'): Promise<TestDatabase> {
  const server = postgresUrl()
  if (!server) throw new Error('There is no PostgreSQL: guard this test with postgresUrl().')
  const name = `otp_test_${randomBytes(6).toString('hex')}`
  const template = kind === 'empty' ? 'template0' : inject('postgresTemplate')
  await runSql(server, `create database ${name} template ${template}`)
  return { url: databaseUrl(server, name), drop: async () => runSql(server, `drop database ${name} with (force)`) }
}
