import type { Request } from 'express'
import { z } from 'zod'
import { findSetup } from '../../auth/session/in-progress.js'
import { runStatement } from '../../db/run-statement.js'
import { hasOlderCode } from '../../otp/challenges/challenge-code.js'
import { parsePersistentId } from '../../otp/devices/persistent-id.js'
import { SETUP_SECONDS } from '../../otp/devices/purge-unconfirmed-devices.js'
import type { AccountServices } from '../../account/account-services.js'

const setupRowSchema = z.object({
  id: z.number(),
  name: z.string(),
  /** The state of the last code; null: none was sent. */
  delivery: z.enum(['pending', 'sent', 'failed']).nullable(),
  number: z.string().nullable(),
  method: z.enum(['sms', 'call']).nullable(),
  sent_code_hash: z.string().nullable(),
  sent_code_expires_at: z.date().nullable(),
  sent_code_attempts: z.number(),
})

/** A phone or an email device that this session is setting up. */
export interface CodeSetup extends Pick<
  z.output<typeof setupRowSchema>,
  'id' | 'name' | 'delivery' | 'number' | 'method'
> {
  deviceId: string
  /** The last code could not be sent, and the one before it is still valid. */
  onlyOlder: boolean
  /** The last code is still queued, and the one before it is valid until it is sent. */
  pendingOlder: boolean
}

const COLUMNS = {
  phone: { table: 'phone_devices', columns: 'number, method' },
  email: { table: 'email_devices', columns: 'null as number, null as method' },
}

export type DeliveredCodeKind = keyof typeof COLUMNS

/** Reads the setup of this kind that the session has started. @returns null if there is none, or it was finished or has expired */
export async function readCodeSetup(
  account: AccountServices,
  req: Request,
  kind: DeliveredCodeKind,
): Promise<CodeSetup | null> {
  const setup = findSetup(req, kind)
  const reference = setup ? parsePersistentId(setup.device) : null
  if (!req.user || !setup || reference?.kind !== kind) return null
  if (Math.abs(account.clock.now().getTime() - setup.at) >= SETUP_SECONDS * 1000) return null
  const { table, columns } = COLUMNS[kind]
  const sql = `select id, name, delivery, sent_code_hash, sent_code_expires_at, sent_code_attempts, ${columns} from ${table} where id = $id and user_id = $userId and not confirmed and confirmed_at is null`
  const [row] = await runStatement(account.database, undefined, sql, { id: reference.id, userId: req.user.id })
  if (!row) return null
  const { sent_code_hash, sent_code_expires_at, sent_code_attempts, ...rest } = setupRowSchema.parse(row)
  const older = { sent_code_hash, sent_code_expires_at, sent_code_attempts }
  const isOlderLeft = hasOlderCode(older, account.clock.now())
  const onlyOlder = rest.delivery === 'failed' && isOlderLeft
  const pendingOlder = rest.delivery === 'pending' && isOlderLeft
  return { ...rest, deviceId: setup.device, onlyOlder, pendingOlder }
}

/** Whether a code can be entered, or one is being sent. */
export function awaitsCode({ delivery, onlyOlder }: CodeSetup): boolean {
  return delivery === 'pending' || delivery === 'sent' || onlyOlder
}
