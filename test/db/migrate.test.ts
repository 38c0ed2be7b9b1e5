import { rmSync } from 'node:fs'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { connectDatabase, type Database } from '../../src/db/connect.js'
import { assertNotNewer, isMigrated, migrate } from '../../src/db/migrate.js'
import { migrations } from '../../src/db/migrations/index.js'
import { testConfig } from '../support/config.js'
import { databaseKinds, type DatabaseKind, openTestDatabase } from '../support/database.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { createTestDatabase, postgresUrl } from '../support/postgres-database.js'

const all = [...migrations.map((migration) => migration.name), 'graphile-worker-0.16']

const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function openEmpty(kind: DatabaseKind): Promise<Database> {
  if (kind === 'embedded') {
    const folder = temporaryFolder('new')
    cleanups.push(() => rmSync(folder, { recursive: true }))
    return await connectEmpty({ DATA_DIR: folder })
  }
  const { url, drop } = await createTestDatabase('empty')
  cleanups.push(drop)
  return await connectEmpty({ DATABASE_URL: url })
}

async function connectEmpty(environment: Record<string, string>): Promise<Database> {
  const database = await connectDatabase(testConfig(environment))
  cleanups.push(database.close)
  return database
}

describe.each(databaseKinds())('Migrations on the %s database', (kind) => {
  test('an error of a connection is printed by nobody but the caller', async () => {
    const database = await openEmpty(kind)
    const printed = [vi.spyOn(console, 'error'), vi.spyOn(console, 'log'), vi.spyOn(process.stderr, 'write')]
    cleanups.push(() => printed.forEach((spy) => spy.mockRestore()))
    // While the job queue is created, it listens to the pool. PostgreSQL can end a connection at any moment.
    let broken = 0
    const unhurried: Database['unhurried'] = async (work) =>
      await database.unhurried(async (patient) => {
        patient.pool.on('acquire', (client) => {
          if (patient.pool.listenerCount('connect') === 0) return
          broken += 1
          client.emit('error', new Error('terminating connection'))
        })
        return await work(patient)
      })
    await expect(migrate({ ...database, unhurried })).rejects.toThrow()
    expect(broken).toBeGreaterThan(0)
    expect(printed.flatMap(({ mock }) => mock.calls)).toEqual([])
  })

  test('an empty database gets the tables and the job queue, and the second run changes nothing', async () => {
    const database = await openEmpty(kind)
    expect(await isMigrated(database)).toBe(false)
    expect(await migrate(database)).toEqual(all)
    expect(await isMigrated(database)).toBe(true)
    expect(await migrate(database)).toEqual([])
    const user = await database.models.User.create({ email: 'a@example.com' })
    expect(user.id).toBe(1)
    await database.pool.query(`select graphile_worker.add_job('send-mail', '{}')`)
  })

  test('a database that a newer release migrated is rejected', async () => {
    const database = await openTestDatabase(kind)
    cleanups.push(database.close)
    await assertNotNewer(database)
    await database.pool.query(`insert into migrations values ('9999-later')`)
    await expect(assertNotNewer(database)).rejects.toMatchObject({ code: 'database_newer', message: /9999-later/ })
    await expect(migrate(database)).rejects.toMatchObject({ code: 'database_newer' })
  })

  test('a migration that fails leaves neither its changes nor its name', async () => {
    const database = await openEmpty(kind)
    // The last statement of the first migration fails because of this table.
    await database.pool.query('create table job_processes (in_the_way integer)')
    await expect(migrate(database)).rejects.toThrow(/job_processes/)
    expect(await isMigrated(database)).toBe(false)
    await database.pool.query('drop table job_processes')
    expect(await migrate(database)).toContain('0001-initial')
  })
})

test.skipIf(!postgresUrl())('eight processes that migrate at the same moment run every migration once', async () => {
  const { url, drop } = await createTestDatabase('empty')
  cleanups.push(drop)
  const databases = await Promise.all(Array.from({ length: 8 }, async () => await connectEmpty({ DATABASE_URL: url })))
  const ran = await Promise.all(databases.map((database) => migrate(database)))
  expect(ran.flat().toSorted()).toEqual(all)
})
