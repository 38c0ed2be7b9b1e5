import type { Transaction } from 'sequelize'
import { runStatement } from '../../db/run-statement.js'
import { addDevice } from '../../otp/devices/add-device.js'
import {
  type BackupToken,
  DEFAULT_SET_NAME,
  formatBackupToken,
  generateBackupToken,
  hashBackupToken,
} from './backup-token.js'
import { type Device, DEVICE_COLUMNS, type DeviceRow } from '../../otp/device.js'
import { staticKind } from './kind.js'
import type { IssuedToken } from '../../otp/kind-registry/issuing-kind.js'
import type { Otp } from '../../otp/otp.js'
import { toDevice } from '../../otp/tokens/verify-locked-device.js'

/** A backup token and the set that it was added to. */
export interface AddedToken {
  device: Device
  /** The token in plain text, which is never stored. */
  token: BackupToken
  /** How many tokens the set has now. */
  left: number
}

/**
 * Adds one backup token to a user's first confirmed set, or to a new one.
 *
 * @param token generated if omitted; adding the same one twice stores it once
 */
export async function addStaticToken(
  otp: Otp,
  transaction: Transaction,
  userId: number,
  token: BackupToken = generateBackupToken(),
): Promise<AddedToken> {
  // Locked, because two requests at once would each add a set.
  await runStatement(otp.database, transaction, LOCK_OWNER, { userId })
  const [existing] = await runStatement<DeviceRow>(otp.database, transaction, FIRST_SET, { userId })
  const device = existing
    ? toDevice(staticKind, existing)
    : await addDevice(otp, transaction, staticKind, { userId, name: DEFAULT_SET_NAME, confirmed: true, columns: {} })
  const hash = hashBackupToken(otp.keys, token)
  await runStatement(otp.database, transaction, ADD, { id: device.id, hash, now: otp.clock.now() })
  return { device, token, left: await countTokens(otp, transaction, device.id) }
}

/** Adds one backup token to a user's set and returns it formatted for display. */
export async function issueBackupToken(otp: Otp, transaction: Transaction, userId: number): Promise<IssuedToken> {
  const { device, token, left } = await addStaticToken(otp, transaction, userId)
  return { device, token: formatBackupToken(token), left }
}

async function countTokens(otp: Otp, transaction: Transaction, id: number): Promise<number> {
  const [row] = await runStatement<{ left: number }>(otp.database, transaction, COUNT, { id })
  return row?.left ?? 0
}

const LOCK_OWNER = 'select from users where id = $userId for update'

const FIRST_SET = `
select ${DEVICE_COLUMNS} from static_devices d where user_id = $userId and confirmed order by id limit 1`

const ADD = `
insert into static_tokens (device_id, token_hash, created_at) values ($id, $hash, $now) on conflict do nothing`

const COUNT = 'select count(*)::int as left from static_tokens where device_id = $id'
