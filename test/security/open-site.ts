import type { Database } from '../../src/db/connect.js'
import { openTestDatabase } from '../support/database.js'
import { postgresUrl } from '../support/postgres-database.js'
import { startTestSite, type TestSite } from '../support/site.js'

/** A database of this file's own: PostgreSQL where there is one. */
export function openDatabase(): Promise<Database> {
  return openTestDatabase(postgresUrl() ? 'postgres' : 'embedded')
}

/** Whether that one is embedded, which a worker must know. */
export const isEmbedded = () => !postgresUrl()

/** The whole site over a database of this file's own. `close` removes both. */
export async function openSite(environment: Record<string, string> = {}): Promise<TestSite> {
  const database = await openDatabase()
  const site = await startTestSite(database, environment)
  const close = async () => {
    await site.close()
    await database.close()
  }
  return { ...site, close }
}
