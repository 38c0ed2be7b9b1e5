import { migrate } from '../db/migrate.js'
import { kindsToMigrate } from '../kinds/index.js'
import { loadKinds } from './load-kinds.js'
import { readEnvironment } from './read-environment.js'
import { withDatabase } from './with-otp.js'

/** Brings the database up to date and prints the migrations that ran. */
export async function migrateCommand(): Promise<void> {
  const config = readEnvironment()
  const kinds = await loadKinds(config)
  const ran = await withDatabase(config, async (database) => await migrate(database, kindsToMigrate(kinds)))
  for (const name of ran) console.log(name)
  if (ran.length === 0) console.error('The database is up to date.')
}
