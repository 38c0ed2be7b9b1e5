import type { Database } from '../../src/db/connect.js'
import { openTestDatabase } from '../support/database.js'
import { postgresUrl } from '../support/postgres-database.js'
import { startTestSite, type TestSite } from '../support/site.js'

/** A separate database for this file: PostgreSQL if available. */
export function openDatabase(): Promise<Database> {
  return openTestDatabase(postgresUrl() ? 'postgres' : 'embedded')
}

/** Whether that one is embedded, which a worker needs to know. */
export const isEmbedded = () => !postgresUrl()

/** The whole site over a separate database. `close` removes both. */
export async function openSite(environment: Record<string, string> = {}): Promise<TestSite> {
  const database = await openDatabase()
  const site = await startTestSite(database, environment)
  const close = async () => {
    await site.close()
    await database.close()
  }
  return { ...site, close }
}
