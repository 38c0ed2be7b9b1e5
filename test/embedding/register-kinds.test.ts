import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { assertNotNewer, isMigrated, migrate } from '../../src/db/migrate.js'
import type { Database } from '../../src/db/connect.js'
import { connectDatabase } from '../../src/db/connect.js'
import { type CustomKind, createOtpAdminSite, kindContract, type Migration, SiteError } from '../../src/index.js'
import { listRoutes } from '../security/list-routes.js'
import { testConfig } from '../support/config.js'
import { databaseKinds, openTestDatabase } from '../support/database.js'
import { createTestDatabase, postgresUrl } from '../support/postgres-database.js'
import { startTestSite } from '../support/site.js'
import { wordKind } from './tiny-kind/word-kind.js'

const kind = wordKind()

describe('migrations of a custom kind', () => {
  it.each(databaseKinds())(
    'run once after the site’s on the %s database, and are recorded under its name',
    async (where) => {
      const database = await openTestDatabase(where)
      expect(await isMigrated(database, [kind])).toBe(false)
      expect(await migrate(database, [kind])).toEqual(['kind:word/0001-initial'])
      expect(await migrate(database, [kind])).toEqual([])
      expect(await isMigrated(database, [kind])).toBe(true)
      await database.close()
    },
  )

  it('do not stop a release without the kind, but one with an earlier version of it', async () => {
    const database = await openTestDatabase()
    const later = { ...kind.migrations[0], name: '0002-later', up: async () => {} }
    await migrate(database, [{ name: 'word', migrations: [...kind.migrations, later] }])
    await assertNotNewer(database)
    expect(await migrate(database)).toEqual([])
    await expect(migrate(database, [kind])).rejects.toMatchObject({ code: 'database_newer', message: /0002-later/ })
    await database.close()
  })

  it.skipIf(!postgresUrl())('run once if two processes start at the same time', async () => {
    const { url, drop } = await createTestDatabase()
    const databases = await Promise.all([1, 2].map(() => connectDatabase(testConfig({ DATABASE_URL: url }))))
    const ran = await Promise.all(databases.map((database) => migrate(database, [kind])))
    expect(ran.flat()).toEqual(['kind:word/0001-initial'])
    await Promise.all(databases.map((database) => database.close()))
    await drop()
  })
})

describe('an invalid registration is reported at start:', () => {
  let database: Database
  beforeAll(async () => {
    database = await openTestDatabase()
  })
  afterAll(() => database.close())

  const named = (name: string): CustomKind => ({ ...kind, name, table: `${name}_devices` })
  const codeOf = async (registering: Promise<unknown>) => {
    const fault: unknown = await registering.then(
      () => null,
      (error: unknown) => error,
    )
    return fault instanceof SiteError ? fault.code : fault
  }
  const fault = async () => {
    throw new Error('No device is made.')
  }
  const start = (...kinds: CustomKind[]) => startTestSite(database, {}, undefined, { kinds })

  it.each(['Word', 'wo-rd', '1word', 'w'.repeat(17), '', 'word/1', 'word; drop table users'])(
    'an invalid name: %j',
    async (name) => expect(await codeOf(start(named(name)))).toBe('kind_name_invalid'),
  )

  it.each(['totp', 'static', 'password', 'invitation', 'phones', 'setup', 'constructor'])(
    'a name that is already used: %s',
    async (name) => expect(await codeOf(start(named(name)))).toBe('kind_name_taken'),
  )

  it('the name of a page of the site', async () => {
    const site = await startTestSite(database)
    const addresses = listRoutes(site.app).flatMap((route) => /two-factor\/([a-z0-9]+)(?:\/|$)/.exec(route)?.[1] ?? [])
    expect(addresses.length).toBeGreaterThan(5)
    for (const name of addresses.filter((address) => address.length <= 16))
      expect([name, await codeOf(start(named(name)))]).toEqual([name, 'kind_name_taken'])
    await site.close()
  })

  it('the same kind twice', async () => expect(await codeOf(start(kind, kind))).toBe('kind_name_taken'))

  it.each<[string, Partial<CustomKind>]>([
    ['a view that does not exist', { setup: { ...kind.setup, view: '/nowhere/fields.ejs' } }],
    ['a column of the panel that is not in the model', { panel: { icon: 'Key', columns: ['serial'] } }],
    ['a column of the panel without a text', { panel: { icon: 'Key', columns: ['counter'] } }],
    ['no migration', { migrations: [] }],
    ['an empty text', { texts: { en: { ...kind.texts.en, about: '' } } }],
    ['a field of length 0', { field: { maxLength: 0 } }],
  ])('%s', async (_what, part) => expect(await codeOf(start({ ...kind, ...part }))).toBe('kind_incomplete'))

  it.each<[string, Partial<CustomKind>]>([
    ['a script that does not exist', { browser: { script: '/nowhere/browser.js', columns: [] } }],
    ['a script as a relative path', { browser: { script: 'package.json', columns: [] } }],
    ['a column of the script that is not in the model', { browser: { script: kind.setup.view, columns: ['serial'] } }],
    ['a script and a field', { browser: { script: kind.setup.view, columns: [] }, field: { maxLength: 16 } }],
  ])('%s', async (_what, part) => {
    const { field: _field, ...typed } = kind
    expect(await codeOf(start({ ...typed, ...part }))).toBe('kind_incomplete')
  })

  it('before anything is opened, by `createOtpAdminSite` and by the contract suite', async () => {
    const wrong = { ...kind, migrations: [] }
    expect(await codeOf(createOtpAdminSite({ kinds: [wrong] }))).toBe('kind_incomplete')
    const fixture = { database: () => database, add: fault, goodToken: fault, wrongToken: '' }
    expect(() => kindContract(wrong, fixture)).toThrow(/is missing a migration/)
  })

  it('a table that does not exist', async () => expect(await codeOf(start(kind))).toBe('kind_table_missing'))

  it('a table that already existed', async () => {
    await database.pool.query('create table parcel_devices (id integer)')
    expect(await codeOf(migrate(database, [named('parcel')]))).toBe('kind_table_taken')
    expect(await isMigrated(database)).toBe(true)
  })

  it('a table without a common column, or whose rows are not deleted with their owner', async () => {
    const makePoorTable: Migration = {
      name: '0001',
      async up({ sequelize }, transaction) {
        await sequelize.query('create table poor_devices (id integer, user_id integer)', { transaction })
      },
    }
    const poor = { ...named('poor'), migrations: [makePoorTable] }
    const registering = migrate(database, [poor])
    await expect(registering).rejects.toMatchObject({
      code: 'kind_column_missing',
      message: /confirmed \(bool\).*delete cascade/,
    })
    const left = await database.pool.query(`select to_regclass('poor_devices') as found`)
    expect(left.rows).toEqual([{ found: null }])
  })
})
