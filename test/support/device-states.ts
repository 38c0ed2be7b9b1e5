import { randomBytes } from 'node:crypto'
import { nextId } from '../../src/otp/sql/next-id.js'
import type { Otp } from '../../src/otp/otp.js'

/** Every state of a device, and every cause of the disabled state. */
export const deviceStates = ['unconfirmed', 'active', 'administrator', 'failures', 'sql'] as const
export type StateOfDevice = (typeof deviceStates)[number]

/** The additional columns that a kind's table requires. */
const KIND_COLUMNS: Readonly<Record<string, (otp: Otp, id: number) => Record<string, unknown>>> = {
  totp: (otp, id) => ({ secret: otp.keys.seal(SECRET, { column: 'totp_devices.secret', id }) }),
  hotp: (otp, id) => ({ secret: otp.keys.seal(SECRET, { column: 'hotp_devices.secret', id }) }),
  phone: () => ({ number: '+41791234567', method: 'sms' }),
  email: () => ({}),
  static: () => ({}),
  webauthn: () => ({ credential_id: randomBytes(16).toString('base64url'), public_key: 'AA', user_handle: 'AA' }),
  word: (otp, id) => ({ secret: otp.keys.seal(Buffer.from(WORD), { column: 'word_devices.secret', id }) }),
  ghost: () => ({ secret: 'of an unregistered kind' }),
}

/** The secret of every device that has one. */
export const SECRET = Buffer.from('12345678901234567890')
export const WORD = 'open sesame'

const SQL: Readonly<Record<StateOfDevice, string | null>> = {
  unconfirmed: null,
  active: null,
  administrator: `confirmed = false, disabled_reason = 'administrator'`,
  failures: 'confirmed = false, failure_count = 100, failed_at = now()',
  sql: 'confirmed = false',
}

/** Inserts a device of any kind in one of these states, with plain SQL. @returns its ID */
export async function giveDevice(otp: Otp, userId: number, kind: string, state: StateOfDevice): Promise<number> {
  const table = `${kind}_devices`
  const id = await nextId(otp, null, table)
  const kindColumns = KIND_COLUMNS[kind]?.(otp, id) ?? {}
  const columns = {
    id,
    user_id: userId,
    name: kind,
    confirmed: state !== 'unconfirmed',
    created_at: otp.clock.now(),
    ...kindColumns,
  }
  const names = Object.keys(columns)
  await otp.database.pool.query(
    `insert into ${table} (${names.join(', ')}) values (${names.map((_, index) => `$${index + 1}`).join(', ')})`,
    Object.values(columns),
  )
  if (kind === 'static')
    await otp.database.pool.query(`insert into static_tokens (device_id, token_hash) values ($1, $2)`, [
      id,
      randomBytes(8).toString('hex'),
    ])
  const change = SQL[state]
  if (change) await otp.database.pool.query(`update ${table} set ${change} where id = $1`, [id])
  return id
}
