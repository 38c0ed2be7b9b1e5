import { openTestDatabase } from '../support/database.js'
import { startTestSite, type TestSite } from '../support/site.js'

/** The whole site over a separate database. `close` removes both. */
export async function openSite(environment: Record<string, string> = {}): Promise<TestSite> {
  const database = await openTestDatabase()
  const site = await startTestSite(database, environment)
  const close = async () => {
    await site.close()
    await database.close()
  }
  return { ...site, close }
}
