import { DataTypes, type Model, type ModelStatic, type Options, Sequelize } from 'sequelize'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { BaseResource, Resource } from '../../src/admin/adminjs.js'
import { ownTables } from '../../src/admin/host/own-relations.js'
import { modelFrom } from '../../src/admin/host/reach-tables.js'
import { createOtpAdminSite } from '../../src/create-site.js'
import { connectDatabase } from '../../src/db/connect.js'
import { testConfig } from '../support/config.js'
import { openTestDatabase } from '../support/database.js'
import { createTestDatabase, postgresUrl } from '../support/postgres-database.js'
import { builtInKinds } from '../../src/kinds/index.js'
import './host/register-adapter.js'

const config = { NODE_ENV: 'test', SECRET_KEYS: Buffer.alloc(32, 7).toString('base64'), LOG_LEVEL: 'silent' }
const plain = { timestamps: false, freezeTableName: true }

it('lists every table that the migrations create', async () => {
  const database = await openTestDatabase()
  const { rows } = await database.pool.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind in ('r', 'v', 'm', 'p')`,
  )
  const tables = builtInKinds.map(({ table }) => table)
  const known = ownTables(database, tables)
  expect(rows.map(({ name }) => name).filter((name) => !known.includes(name))).toEqual([])
  await database.close()
})

describe.skipIf(!postgresUrl())('a table of the site as a resource of the application', () => {
  let url: string
  let drop: () => Promise<void>
  let sequelize: Sequelize
  let other: Sequelize
  beforeAll(async () => {
    ;({ url, drop } = await createTestDatabase('empty'))
    sequelize = new Sequelize(url, { logging: false })
    const site = await createOtpAdminSite({ sequelize, config, worker: false })
    await site.close()
    other = new Sequelize(`${url}?options=${encodeURIComponent('-c search_path=otp_admin,public')}`, { logging: false })
    await sequelize.query(`
      create table public.users (id serial primary key, login text);
      create table public."Weird.Users" (id serial primary key);
      create view public.keys as select id, user_id from otp_admin.totp_devices;
      create view public.samples as select tablename, histogram_bounds::text as bounds from pg_stats;
      create view public.keys_of_keys as select * from public.keys;
      create materialized view public.kept_keys as select * from public.keys;
      create table public.parent (id int); create table public.orders (id serial primary key, title text)`)
  })
  afterAll(async () => {
    await sequelize.close()
    await other.close()
    await drop()
  })

  const over = (options: object, on = sequelize): ModelStatic<Model> =>
    on.define(`Any${Math.random()}`, { key: DataTypes.STRING }, { ...plain, ...options })
  const open = (resources: unknown[], more: object = {}) =>
    createOtpAdminSite({ sequelize, config, worker: false, admin: { resources, ...more } })
  /** The server folds an unquoted name to lower case. */
  const unquoted = () => new Sequelize(url, { logging: false, quoteIdentifiers: false })
  const including = () => {
    const Device = over({ tableName: 'totp_devices', schema: 'otp_admin' })
    const Order = over({ tableName: 'orders' })
    Order.hasMany(Device, { as: 'devices', foreignKey: 'user_id', constraints: false })
    Order.addScope('defaultScope', { include: [{ association: 'devices' }] }, { override: true })
    return Order
  }
  /** Reads and writes on connections that have their own search_path. */
  const replicated = (read: string, write: string) => {
    const { hostname, port, username, password, pathname } = new URL(url)
    const on = (path: string) => ({
      host: hostname,
      port,
      username,
      password: decodeURIComponent(password),
      database: pathname.slice(1),
      dialectOptions: { options: `-c search_path=${path}` },
    })
    const opened = new Sequelize({
      dialect: 'postgres',
      logging: false,
      replication: { read: [on(read)], write: on(write) },
    })
    passing.push(opened)
    return opened
  }
  const passing: Sequelize[] = []
  afterAll(() => Promise.all(passing.map((each) => each.close())))
  const opened = (options: Options & { searchPath?: string }) => {
    const instance = new Sequelize(url, { logging: false, ...options })
    passing.push(instance)
    return instance
  }
  const prepending = (searchPath: string) => opened({ dialectOptions: { prependSearchPath: true }, searchPath })
  const toastOf = async (table: string) => {
    const [{ name }] = z
      .tuple([z.object({ name: z.string() })])
      .parse(
        await sequelize.query(
          `select t.relname as name from pg_class c join pg_class t on t.oid = c.reltoastrelid where c.oid = $1::regclass`,
          { bind: [table], type: 'SELECT' },
        ),
      )
    return name
  }
  const overridden = () => {
    const Order = over({ tableName: 'orders' })
    Order.getTableName = () => ({ tableName: 'totp_devices', schema: 'otp_admin', delimiter: '.' })
    return Order
  }

  it.each<[string, () => unknown]>([
    ["over the application's own instance, by schema", () => over({ tableName: 'totp_devices', schema: 'otp_admin' })],
    ['by Model.schema()', () => over({ tableName: 'totp_devices' }).schema('otp_admin')],
    ['over another instance, by its search_path', () => over({ tableName: 'users' }, other)],
    ['with its options', () => ({ resource: over({ tableName: 'static_tokens' }, other), options: { id: 'x' } })],
    ['as an existing AdminJS resource', () => new Resource(over({ tableName: 'static_tokens' }, other))],
    [
      'in capitals, if names are not quoted',
      () => over({ tableName: 'TOTP_Devices', schema: 'OTP_Admin' }, unquoted()),
    ],
    ['through a view', () => over({ tableName: 'keys' })],
    ['through a view of a view', () => over({ tableName: 'keys_of_keys' })],
    ['through a materialized view', () => over({ tableName: 'kept_keys' })],
    ['sessions', () => over({ tableName: 'sessions', schema: 'otp_admin' })],
    ['migrations', () => over({ tableName: 'migrations', schema: 'otp_admin' })],
    ['jobs, which contain emails', () => over({ tableName: '_private_jobs', schema: 'otp_admin_jobs' })],
    ['included in the scope of another table', including],
    ['under a name that a method returns', overridden],
    ['by the schema of its instance', () => over({ tableName: 'totp_devices' }, opened({ schema: 'otp_admin' }))],
    [
      "by the schema of its instance's models",
      () => over({ tableName: 'totp_devices' }, opened({ define: { schema: 'otp_admin' } })),
    ],
    ['by a search_path before every statement', () => over({ tableName: 'totp_devices' }, prepending('otp_admin'))],
    [
      'by the search_path of its scope',
      () => over({ tableName: 'totp_devices', defaultScope: { searchPath: 'otp_admin' } }, prepending('public')),
    ],
    ['read on a replica', () => over({ tableName: 'totp_devices' }, replicated('otp_admin', 'public'))],
    ['written only on a primary', () => over({ tableName: 'totp_devices' }, replicated('public', 'otp_admin'))],
    [
      'by its long values in pg_toast',
      async () => over({ tableName: await toastOf('otp_admin.users'), schema: 'pg_toast' }),
    ],
    ['in the planner’s samples of it', () => over({ tableName: 'pg_stats', schema: 'pg_catalog' })],
    ['in these samples, by their table', () => over({ tableName: 'pg_statistic' })],
    ['in these samples, through a view', () => over({ tableName: 'samples' })],
  ])('is rejected at start: %s', async (_name, resource) => {
    const original = await resource()
    // Under another ID, so that only the table can be the reason.
    const renamed = modelFrom(original) ? { resource: original, options: { id: 'another' } } : original
    await expect(open([renamed])).rejects.toMatchObject({
      code: 'host_resource_taken',
      message: expect.stringContaining('tables of this site'),
    })
  })

  it('is not confused with a table of the application that has the same name', async () => {
    const site = await open([
      { resource: over({ tableName: 'users', schema: 'public' }), options: { id: 'staff' } },
      { resource: over({ tableName: 'parent' }), options: { id: 'parent' } },
      over({ tableName: 'there_is_no_such_table' }),
      { resource: over({ tableName: 'users' }, prepending('public')), options: { id: 'prepended' } },
      { resource: over({ tableName: 'users' }, replicated('public', 'public')), options: { id: 'replicated' } },
    ])
    expect(site.router).toBeTypeOf('function')
    await site.close()
  })

  it('is left out of a whole database, whichever instance is passed', async () => {
    const mixed = new Sequelize(url, { logging: false })
    over({ tableName: 'totp_devices', schema: 'otp_admin' }, mixed)
    const database = await connectDatabase(testConfig({ DATABASE_URL: url, DATABASE_SCHEMA: 'otp_admin' }))
    for (const passed of [mixed, other, database.sequelize]) {
      const site = await open([], { databases: [passed] })
      expect(site.router).toBeTypeOf('function')
      await site.close()
    }
    await mixed.close()
    await database.close()
  })

  it('is rejected by its schema or name with another adapter, unless the name is a common one', async () => {
    class Foreign extends BaseResource {
      readonly tableName: string
      readonly schemaName: string
      constructor(schemaName: string, tableName: string) {
        super()
        this.schemaName = schemaName
        this.tableName = tableName
      }
      override id() {
        return `foreign_${this.tableName}`
      }
      override properties() {
        return []
      }
    }
    for (const [schema, table] of [
      ['otp_admin', 'users'],
      ['OTP_ADMIN', 'anything'],
      ['public', 'totp_devices'],
      // The table of a kind that this configuration does not use.
      ['public', 'phone_devices'],
    ] as const)
      await expect(open([new Foreign(schema, table)])).rejects.toMatchObject({ code: 'host_resource_taken' })
    const site = await open([new Foreign('public', 'users')])
    await site.close()
  })
})
