import { Sequelize } from 'sequelize'
import { describe, expect, test } from 'vitest'
import { createOtpAdminSite } from '../../src/create-site.js'
import { connectDatabase } from '../../src/db/connect.js'
import { testConfig } from '../support/config.js'
import { createTestDatabase, postgresUrl } from '../support/postgres-database.js'

const config = { NODE_ENV: 'test', SECRET_KEYS: Buffer.alloc(32, 7).toString('base64'), LOG_LEVEL: 'silent' }

describe.skipIf(!postgresUrl())("next to the application's own tables", () => {
  test('the site creates its tables in its own schema, and changes no table of the application', async () => {
    const { url, drop } = await createTestDatabase('empty')
    const sequelize = new Sequelize(url, { logging: false })
    await sequelize.query(`
      create extension pg_trgm;
      create table users (id serial primary key, login text); insert into users (login) values ('ada');
      create table migrations (name text); insert into migrations values ('9999-of-the-application');
      create table sessions (sid text); create table groups (id int)`)
    const before = await tables(sequelize, 'public')
    const site = await createOtpAdminSite({ sequelize, config })
    await site.close()
    expect(await tables(sequelize, 'public')).toEqual(before)
    expect(await tables(sequelize, 'otp_admin')).toContain('users')
    expect(await tables(sequelize, 'otp_admin_jobs')).toContain('_private_jobs')
    expect(await tables(sequelize, 'graphile_worker')).toEqual([])
    const [people] = await sequelize.query('select login from users')
    expect(people).toEqual([{ login: 'ada' }])
    await sequelize.close()
    await drop()
  })

  test("the command line uses the same tables with DATABASE_URL and DATABASE_SCHEMA, and never the application's", async () => {
    const { url, drop } = await createTestDatabase('empty')
    const sequelize = new Sequelize(url, { logging: false })
    await sequelize.query(
      `create table users (id serial primary key, email text); insert into users (email) values ('a')`,
    )
    const asCommand = await connectDatabase(testConfig({ DATABASE_URL: url, DATABASE_SCHEMA: 'otp_admin' }))
    await expect(asCommand.models.User.count()).rejects.toThrow('relation "users" does not exist')
    const site = await createOtpAdminSite({ sequelize, config, worker: false })
    await site.otp.database.models.User.create({ email: 'ada@example.com' })
    expect((await asCommand.models.User.findAll()).map(({ email }) => email)).toEqual(['ada@example.com'])
    await asCommand.close()
    await site.close()
    await sequelize.query('select from users')
    await sequelize.close()
    await drop()
  })
})

async function tables(sequelize: Sequelize, schema: string): Promise<unknown[]> {
  const [rows] = await sequelize.query('select tablename from pg_tables where schemaname = $1 order by 1', {
    bind: [schema],
  })
  return rows.map((row) => (typeof row === 'object' && row !== null ? Reflect.get(row, 'tablename') : row))
}
