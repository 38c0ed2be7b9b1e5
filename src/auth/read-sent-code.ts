import { z } from 'zod'
import { runStatement } from '../db/run-statement.js'
import type { ListedDevice } from '../otp/devices/devices-for-user.js'
import { hasOlderCode } from '../otp/challenges/challenge-code.js'
import type { Auth } from './auth.js'

/**
 * Which code a user can enter after requesting one.
 *
 * - `newest`: the newest code was sent; earlier ones no longer work
 * - `on_its_way`: it may still arrive; `and_older`: until then the previous one works
 * - `older`: it could not be sent, and the previous one still works
 * - `none`: no code works
 */
export type SentCode = 'newest' | 'on_its_way' | 'on_its_way_and_older' | 'older' | 'none'

const sentRow = z.object({
  delivery: z.enum(['pending', 'sent', 'failed']).nullable(),
  sent_code_hash: z.string().nullable(),
  sent_code_expires_at: z.date().nullable(),
  sent_code_attempts: z.number(),
})

/** Reads the state of the code that a device sent last. */
export async function readSentCode({ clock, database, otp }: Auth, device: ListedDevice): Promise<SentCode> {
  const kind = otp.kinds.find(({ name }) => name === device.kind)
  const sql = `select delivery, sent_code_hash, sent_code_expires_at, sent_code_attempts from ${kind?.table} where id = $id`
  const [found] = await runStatement(database, undefined, sql, { id: device.id })
  if (!found) return 'none'
  const row = sentRow.parse(found)
  const isOlderLeft = hasOlderCode(row, clock.now())
  if (row.delivery === 'sent') return 'newest'
  if (row.delivery === 'pending') return isOlderLeft ? 'on_its_way_and_older' : 'on_its_way'
  return row.delivery === 'failed' && isOlderLeft ? 'older' : 'none'
}
