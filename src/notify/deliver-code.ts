import type { CodeToSend } from './codes.js'
import type { Delivered } from './gateways/sms-gateway.js'
import type { Notify } from './notify.js'
import { faultForLog } from '../fault-for-log.js'

/**
 * Sends a code, unless it has expired, was replaced or used by now, and writes down what
 * came of it for the page that waits. A sending that failed is not tried again: its owner
 * asks for another code, at once, since the cooldown ends with it.
 *
 * @param about names the job in the log
 */
export async function deliverCode(
  notify: Notify,
  { expiresAt, delivery }: CodeToSend,
  about: { job: string; task: string },
  send: () => Promise<Delivered>,
): Promise<void> {
  const expired = expiresAt <= notify.clock.now()
  if (expired || !(await isAwaited(notify, delivery))) {
    await uncount(notify, delivery)
    return notify.log.info(about, 'code expired or replaced, not sent')
  }
  const delivered = await send()
  if (delivered.ok) notify.log.info(about, 'code sent')
  else notify.log.warn({ ...about, reason: delivered.reason, detail: delivered.detail }, 'code not sent')
  // The message is out, or was refused: a fault here must not send it a second time.
  await writeDown(notify, delivery, delivered).catch((error: unknown) =>
    notify.log.error({ ...about, err: faultForLog(error) }, 'could not record the delivery of a code'),
  )
}

async function isAwaited({ database }: Notify, { table, id, codeHash }: CodeToSend['delivery']): Promise<boolean> {
  const { rowCount } = await database.pool.query(
    `select from ${table} where id = $1 and code_hash = $2 and delivery = 'pending'`,
    [id, codeHash],
  )
  return rowCount === 1
}

async function writeDown(
  { database, recordUndelivered }: Notify,
  { table, id, codeHash }: CodeToSend['delivery'],
  delivered: Delivered,
): Promise<void> {
  const [outcome, reason] = delivered.ok ? ['sent', null] : ['failed', delivered.reason]
  const { rows } = await database.pool.query<{ user_id: number }>(
    `update ${table} set delivery = $3, delivery_error = $4::text,
      challenged_at = case when $4::text is null then challenged_at end,
      sent_code_hash = case when $4::text is not null then sent_code_hash end
    where id = $1 and code_hash = $2 returning user_id`,
    [id, codeHash, outcome, reason],
  )
  if (delivered.ok) return
  await uncount({ database }, { codeHash })
  const device = `${table.replace(/_devices$/, '')}/${id}`
  await recordUndelivered({ what: 'code', device, userId: rows[0]?.user_id ?? null, reason: delivered.reason })
}

/** Only a code that left counts for the limit of a day. */
async function uncount({ database }: Pick<Notify, 'database'>, { codeHash }: { codeHash: string }): Promise<void> {
  await database.pool.query('delete from challenge_sends where code_hash = $1', [codeHash])
}

/** Whole minutes that a code still works, at least one. */
export function minutesLeft(expiresAt: Date, now: Date): number {
  return Math.max(1, Math.floor((expiresAt.getTime() - now.getTime()) / 60_000))
}
