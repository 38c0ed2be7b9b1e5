import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import { databaseUrl, runSql } from './start-postgres.js'

export interface TestDatabase {
  url: string
  drop: () => Promise<void>
}

/** The server that tests may use; undefined where there is none, and such tests are skipped. */
export function postgresUrl(): string | undefined {
  return inject('postgresUrl')
}

/** A database of its own: migrated, copied from the template in milliseconds; or `empty`. */
export async function createTestDatabase(kind: 'migrated' | 'empty' = 'migrated'): Promise<TestDatabase> {
  const server = postgresUrl()
  if (!server) throw new Error('There is no PostgreSQL: guard this test with postgresUrl()')
  const name = `otp_test_${randomBytes(6).toString('hex')}`
  const template = kind === 'empty' ? 'template0' : inject('postgresTemplate')
  await runSql(server, `create database ${name} template ${template}`)
  return { url: databaseUrl(server, name), drop: async () => runSql(server, `drop database ${name} with (force)`) }
}
