import { afterEach, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import * as deviceStates from '../../src/db/migrations/0005-device-states.js'
import { databaseKinds, openTestDatabase } from '../support/database.js'

let database: Database
afterEach(() => database.close())

const tables = ['totp', 'webauthn', 'hotp', 'phone', 'email', 'static']

/** Reverts the schema to the one before, with a custom kind whose table is just as old. */
async function openOld(kind: 'embedded' | 'postgres'): Promise<void> {
  database = await openTestDatabase(kind)
  for (const name of tables)
    await database.pool.query(`drop trigger keep_device_state on ${name}_devices;
      alter table ${name}_devices drop column confirmed_at, drop column disabled_at, drop column disabled_reason`)
  await database.pool.query(`drop function keep_device_state();
    alter table webauthn_challenges drop column user_id;
    create table ghost_devices (like hotp_devices including all);
    alter table ghost_devices alter column secret drop not null;
    insert into migrations values ('kind:ghost/0001-initial');
    insert into users (email) values ('a@example.com')`)
}

async function add(table: string, values: Record<string, unknown>): Promise<number> {
  const all = { user_id: 1, name: 'x', ...values }
  const places = Object.keys(all).map((_, index) => `$${index + 1}`)
  const sql = `insert into ${table} (${Object.keys(all).join(', ')}) values (${places.join(', ')}) returning id`
  return (await database.pool.query(sql, Object.values(all))).rows[0].id
}

const audit = (event: string, device: string) =>
  database.pool.query(`insert into audit_events (at, event, user_id, device) values ('2026-01-02', $1, 1, $2)`, [
    event,
    device,
  ])

const migrateStates = () => database.sequelize.transaction((transaction) => deviceStates.up(database, transaction))

const stateOf = async (table: string, id: number) => {
  const { rows } = await database.pool.query(
    `select confirmed, confirmed_at is not null as finished, disabled_at is not null as off, disabled_reason as why from ${table} where id = $1`,
    [id],
  )
  return rows[0]
}

const active = { confirmed: true, finished: true, off: false, why: null }
const unfinished = { confirmed: false, finished: false, off: false, why: null }
const byAdministrator = { confirmed: false, finished: true, off: true, why: 'administrator' }
const byFailures = { ...byAdministrator, why: 'failures' }

describe.each(databaseKinds())('the states of devices, on the %s database', (kind) => {
  it('classifies the rows of every kind by their columns', async () => {
    await openOld(kind)
    const secret = { secret: 'x' }
    const phone = { number: '+41791234567', method: 'sms' }
    const key = { public_key: 'x', user_handle: 'x' }
    const cases: [string, number, object][] = []
    const expectRow = async (table: string, values: Record<string, unknown>, expected: object) => {
      const id = await add(table, values)
      cases.push([table, id, expected])
      return id
    }
    for (const [table, own] of [
      ['totp_devices', secret],
      ['hotp_devices', secret],
      ['phone_devices', phone],
      ['email_devices', {}],
      ['ghost_devices', secret],
    ] as const) {
      await expectRow(table, { ...own, confirmed: true }, active)
      await expectRow(table, own, unfinished)
      await expectRow(table, { ...own, last_used_at: new Date() }, byAdministrator)
      await expectRow(table, { ...own, failure_count: 100 }, byFailures)
      const name = table.replace('_devices', '')
      await audit('device_added', `${name}/${await expectRow(table, own, byAdministrator)}`)
      await audit('device_switched_off', `${name}/${await expectRow(table, own, byAdministrator)}`)
      await audit('device_renamed', `${name}/${await expectRow(table, own, unfinished)}`)
    }
    await expectRow('totp_devices', { ...secret, last_step: 5 }, byAdministrator)
    await expectRow('static_devices', {}, byAdministrator)
    await expectRow('webauthn_devices', { ...key, credential_id: 'a' }, byAdministrator)
    await migrateStates()
    for (const [table, id, expected] of cases) expect(await stateOf(table, id), `${table} ${id}`).toEqual(expected)
  })

  it('keeps the state of a row up to date, regardless of which code writes it', async () => {
    database = await openTestDatabase(kind)
    await database.pool.query(`insert into users (email) values ('a@example.com')`)
    const id = await add('totp_devices', { secret: 'x', confirmed: true })
    const write = (set: string) => database.pool.query(`update totp_devices set ${set} where id = $1`, [id])
    expect(await stateOf('totp_devices', id)).toEqual(active)
    await write('confirmed = false')
    expect(await stateOf('totp_devices', id)).toEqual(byAdministrator)
    await write(`name = 'renamed', failure_count = 3`)
    expect(await stateOf('totp_devices', id)).toEqual(byAdministrator)
    await write('confirmed = true')
    expect(await stateOf('totp_devices', id)).toEqual(active)
    await write(`confirmed = false, disabled_reason = 'failures'`)
    expect(await stateOf('totp_devices', id)).toEqual(byFailures)
    await expect(write(`disabled_reason = 'weather'`)).rejects.toThrow('check')
    await write('confirmed = true, confirmed_at = null')
    expect(await stateOf('totp_devices', id)).toEqual(active)
    const begun = await add('totp_devices', { secret: 'x', disabled_at: new Date(), disabled_reason: 'failures' })
    expect(await stateOf('totp_devices', begun)).toEqual(unfinished)
  })
})
