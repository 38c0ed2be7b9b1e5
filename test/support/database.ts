import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, inject } from 'vitest'
import { connectDatabase, type Database } from '../../src/db/connect.js'
import { testConfig } from './config.js'
import { createTestDatabase, postgresUrl } from './postgres-database.js'

export type DatabaseKind = 'embedded' | 'postgres'

/** Returns both kinds for `describe.each`, or only the embedded one if there is no PostgreSQL. */
export const databaseKinds = (): DatabaseKind[] => (postgresUrl() ? ['embedded', 'postgres'] : ['embedded'])

/**
 * Returns only PostgreSQL, or the embedded database if there is none, for journeys that would prove the
 * same on both. CONTRIBUTING.md lists the journeys that run on both.
 */
export const journeyKinds = (): DatabaseKind[] => databaseKinds().slice(-1)

const folders: string[] = []
// Registered before the hooks of the test file, so it runs after them.
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

/**
 * Creates a temporary DATA_DIR, which is removed at the end of the test file. With `migrated` or `new`, its
 * database (with or without tables) is a copy of a template that opens in 0.3 s. Creating one takes 5 s.
 */
export function temporaryFolder(content: 'migrated' | 'new' | 'empty' = 'empty'): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'otp-'))
  folders.push(folder)
  if (content !== 'empty') cpSync(path.join(inject('embeddedTemplates'), content), folder, { recursive: true })
  return folder
}

/** Opens a migrated database for this test file. `close` also removes it. */
export async function openTestDatabase(kind: DatabaseKind): Promise<Database> {
  return kind === 'postgres' ? await openPostgres() : await openEmbedded()
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
