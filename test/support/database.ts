import { rmSync } from 'node:fs'
import { connectDatabase, type Database } from '../../src/db/connect.js'
import { migrate } from '../../src/db/migrate.js'
import { kindsToMigrate } from '../../src/kinds/index.js'
import { testConfig } from './config.js'
import { createTestDatabase, postgresUrl } from './postgres-database.js'
import { temporaryFolder } from './temporary-folder.js'

export type DatabaseKind = 'embedded' | 'postgres'

/** Returns both kinds for `describe.each`, or only the embedded one if there is no PostgreSQL. */
export const databaseKinds = (): DatabaseKind[] => (postgresUrl() ? ['embedded', 'postgres'] : ['embedded'])

/** Returns PostgreSQL where it is available: a new database takes a fraction of the time of an embedded one. */
export const preferredDatabase = (): DatabaseKind => (postgresUrl() ? 'postgres' : 'embedded')

/** Opens a migrated database for this test file. `close` also removes it. */
export async function openTestDatabase(kind = preferredDatabase()): Promise<Database> {
  const database = kind === 'postgres' ? await openPostgres() : await openEmbedded()
  // The databases that tests copy are migrated without the kinds.
  const kinds = kindsToMigrate()
  if (kinds.length > 0) await migrate(database, kinds)
  return database
}

async function openPostgres(): Promise<Database> {
  const { url, drop } = await createTestDatabase()
  const database = await connectDatabase(testConfig({ DATABASE_URL: url }))
  const close = async () => {
    await database.close()
    await drop()
  }
  return { ...database, close }
}

async function openEmbedded(): Promise<Database> {
  const folder = temporaryFolder('migrated')
  const database = await connectDatabase(testConfig({ DATA_DIR: folder }))
  const close = async () => {
    await database.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return { ...database, close }
}
