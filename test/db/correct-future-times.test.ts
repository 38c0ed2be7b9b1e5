import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import { correctFutureTimes } from '../../src/db/correct-future-times.js'
import { databaseKinds, openTestDatabase } from '../support/database.js'

/** A column whose times in the future are corrected. */
interface Corrected {
  /** The latest time that a right clock stores, in seconds from now. */
  most: number
  /** What else a row needs. `null`: it is a column of the only user. */
  row: Record<string, unknown> | null
}

const device = { user_id: 1, name: 'x' }
const phone = { ...device, number: '+41791234567', method: 'sms' }
const trusted = { user_id: 1, device: 'totp/1', series_hash: 'x', token_hash: 'x' }
const link = { purpose: 'invitation', user_id: 1, token_hash: 'x' }
const present = new Date('2026-03-01T12:00:00Z')
const later = (seconds: number) => new Date(present.getTime() + seconds * 1000)

const byReading = 'corrected where it is read, under a lock, and by the sweep (test/security/clock.test.ts)'
const isShown = 'shown and sorted by; nothing waits for it'
const withTheOther = 'corrected together with the column beside it'

// Every column with a time in it. A new column fails the first test until it is added here.
const columns: Readonly<Record<string, Corrected | string>> = {
  'audit_events.at': isShown,
  'challenge_sends.at': { most: 0, row: { user_id: 1, target_hash: 'x' } },
  'groups.created_at': isShown,
  'job_processes.seen_at': 'the clock of the database; the future counts as now (src/notify)',
  'kept_requests.expires_at': {
    most: 300,
    row: { id: '00000000-0000-4000-8000-000000000000', user_id: 1, sealed: 'x' },
  },
  'known_browsers.seen_at': { most: 0, row: { user_id: 1, token_hash: 'x' } },
  'known_browsers.verified_at': 'read only as whether there is one',
  'one_time_links.created_at': { most: 0, row: { ...link, expires_at: later(90_000) } },
  'one_time_links.expires_at': withTheOther,
  'one_time_links.used_at': 'read only as whether there is one',
  'password_failures.failed_at': { most: 0, row: { subject_hash: 'x', failures: 1 } },
  'password_failures.failed_before': withTheOther,
  'repeated_forms.expires_at': { most: 60, row: { key: 'x', sender: 'x' } },
  'secret_keys.created_at': isShown,
  'secret_keys.superseded_at': { most: 0, row: { id: 'x', sealed: 'x', created_at: present } },
  'sessions.expire': { most: 3600, row: { sid: 'x', sess: '{}' } },
  'static_tokens.created_at': isShown,
  'trusted_browsers.created_at': { most: 0, row: { ...trusted, rotated_at: present, expires_at: later(90_000) } },
  'trusted_browsers.rotated_at': { most: 0, row: { ...trusted, created_at: present, expires_at: later(90_000) } },
  'trusted_browsers.expires_at': withTheOther,
  'trusted_browsers.last_used_at': isShown,
  'users.created_at': isShown,
  'users.last_login_at': { most: 0, row: null },
  'users.policy_since': { most: 0, row: null },
  'users.warned_at': { most: 0, row: null },
  'users.own_warned_at': { most: 0, row: null },
  'users.token_failed_at': 'each of its times (below)',
  'webauthn_challenges.expires_at': { most: 300, row: { challenge_hash: 'x', purpose: 'add' } },
  ...Object.fromEntries(
    ['totp', 'hotp', 'static', 'phone', 'email', 'webauthn'].flatMap((kind) =>
      Object.entries({
        created_at: 'of an unfinished setup: by the sweep of setups (test/security/clock.test.ts)',
        confirmed_at: 'read only as whether there is one',
        disabled_at: 'read only as whether there is one',
        failed_at: byReading,
        last_used_at: isShown,
      }).map(([column, why]) => [`${kind}_devices.${column}`, why] as const),
    ),
  ),
  'phone_devices.challenged_at': { most: 0, row: phone },
  'phone_devices.code_expires_at': withTheOther,
  'phone_devices.sent_code_expires_at': { most: 300, row: phone },
  'email_devices.challenged_at': { most: 0, row: device },
  'email_devices.code_expires_at': withTheOther,
  'email_devices.sent_code_expires_at': { most: 300, row: device },
}

const noTime = 'holds no time'

// A time can also be in a number or in JSON. A new column fails the test until it is added here.
const untyped: Readonly<Record<string, string>> = {
  'audit_events.details': isShown,
  'audit_events.id': noTime,
  'challenge_sends.id': noTime,
  'hotp_devices.counter': noTime,
  'known_browsers.id': noTime,
  'one_time_links.details': noTime,
  'password_failures.networks': noTime,
  'rate_limits.expire': 'milliseconds, by the sweep (test/security/clock.test.ts)',
  'sessions.sess': 'when factors and the password were accepted, where it is read (test/security/clock.test.ts)',
  'totp_devices.last_step': 'left out of the comparison until its time comes (test/security/clock.test.ts)',
  'totp_devices.spent_steps': 'as the last step',
  'totp_devices.t0': 'where the steps of a token begin; nothing waits for it',
  'users.token_failures': 'each of its times (below)',
  'webauthn_challenges.id': noTime,
  'webauthn_devices.counter': noTime,
}

const corrected = Object.entries(columns).flatMap(([name, how]) => {
  const [table = '', column = ''] = name.split('.')
  return typeof how === 'string' ? [] : [{ name, table, column, ...how }]
})

describe.each(databaseKinds())('times that were stored while the clock was ahead, on the %s database', (kind) => {
  let database: Database
  beforeAll(async () => {
    database = await openTestDatabase(kind)
    await database.pool.query(`insert into users (id, email) values (1, 'a@example.com')`)
  })
  afterAll(() => database.close())
  beforeEach(async () => {
    for (const { table } of corrected.filter(({ row }) => row)) await database.pool.query(`delete from ${table}`)
    await database.pool.query(
      'update users set last_login_at = null, policy_since = null, warned_at = null, own_warned_at = null',
    )
  })

  async function store({ table, column, row }: (typeof corrected)[number], time: Date): Promise<void> {
    if (!row) {
      await database.pool.query(`update users set ${column} = $1`, [time])
      return
    }
    const values = { ...row, [column]: time }
    const places = Object.keys(values).map((_, index) => `$${index + 1}`)
    const sql = `insert into ${table} (${Object.keys(values).join(', ')}) values (${places.join(', ')})`
    await database.pool.query(sql, Object.values(values))
  }
  async function stored({ table, column }: (typeof corrected)[number]): Promise<Date | null> {
    const { rows } = await database.pool.query<{ time: Date | null }>(`select ${column} as time from ${table}`)
    return rows[0]?.time ?? null
  }

  it('are covered for every column that contains a time', async () => {
    const { rows } = await database.pool.query<{ name: string }>(
      `select table_name || '.' || column_name as name from information_schema.columns
       where table_schema = 'public' and (data_type like 'timestamp%' or udt_name like '_timestamp%')`,
    )
    expect(rows.map(({ name }) => name).toSorted()).toEqual(Object.keys(columns).toSorted())
  })

  it('are covered for every column that could hold a time as a number or in JSON', async () => {
    const { rows } = await database.pool.query<{ name: string }>(
      `select table_name || '.' || column_name as name from information_schema.columns where table_schema = 'public'
       and (data_type in ('bigint', 'double precision', 'numeric', 'json', 'jsonb') or udt_name in ('_int8', '_jsonb'))`,
    )
    expect(rows.map(({ name }) => name).toSorted()).toEqual(Object.keys(untyped).toSorted())
  })

  it.each(corrected)('become the present: $name', async (column) => {
    await store(column, later(86_400 + column.most))
    expect(await correctFutureTimes(database, present, ['phone_devices', 'email_devices'])).toBe(1)
    const time = await stored(column)
    expect(time === null || time <= later(column.most)).toBe(true)
    expect(await correctFutureTimes(database, present, ['phone_devices', 'email_devices'])).toBe(0)
  })

  it('become the present in the failures of an account, even if the account is not used in between', async () => {
    const ahead = later(86_400)
    const failures = (at: Date) => ({
      'totp/1': [
        ['sign_in', null, 3, present.getTime() - 1000],
        ['session', 'x', 1, at.getTime()],
      ],
    })
    await database.pool.query('update users set token_failed_at = $1, token_failures = $2', [
      [later(-60), ahead],
      JSON.stringify(failures(ahead)),
    ])
    expect(await correctFutureTimes(database, present, ['phone_devices', 'email_devices'])).toBe(2)
    const { rows } = await database.pool.query('select token_failed_at, token_failures from users')
    expect(rows).toEqual([{ token_failed_at: [later(-60), present], token_failures: failures(present) }])
    expect(await correctFutureTimes(database, present, ['phone_devices', 'email_devices'])).toBe(0)
  })

  it.each(corrected)('are left alone if they could be right: $name', async (column) => {
    await store(column, later(column.most))
    expect(await correctFutureTimes(database, present, ['phone_devices', 'email_devices'])).toBe(0)
    expect(await stored(column)).toEqual(later(column.most))
  })
})
