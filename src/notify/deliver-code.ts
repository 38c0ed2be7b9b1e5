import { z } from 'zod'
import type { CodeDelivery } from './codes.js'
import type { DeliveryFailure, DeliveryResult } from './gateways/sms-gateway.js'
import type { NotifyServices } from './notify.js'
import { errorForLog } from '../error-for-log.js'

/**
 * Sends a code, unless it has expired, was replaced or was used, and stores the result for the
 * page that waits. A failed delivery is not retried: it ends the cooldown, so the owner can
 * request another code immediately.
 *
 * @param about identifies the job in the log
 */
export async function deliverCode(
  notify: NotifyServices,
  { code, expiresAt, delivery }: CodeDelivery,
  about: { job: string; task: string },
  send: () => Promise<DeliveryResult>,
): Promise<void> {
  const expired = expiresAt <= notify.clock.now()
  if (expired || !(await isAwaited(notify, delivery))) {
    await uncount(notify, delivery)
    return notify.log.info(about, 'code expired or replaced, not sent')
  }
  const delivered = checkResult(await send(), code)
  if (delivered.ok) notify.log.info(about, 'code sent')
  else notify.log.warn({ ...about, reason: delivered.reason, detail: delivered.detail }, 'code not sent')
  // The message was sent or rejected; an error here must not send it a second time.
  await storeResult(notify, delivery, delivered).catch((error: unknown) =>
    notify.log.error({ ...about, err: errorForLog(error) }, 'could not record the delivery of a code'),
  )
}

const deliveryFailures: Record<DeliveryFailure, true> = {
  invalid_number: true,
  unreachable_number: true,
  unsubscribed: true,
  too_many_messages: true,
  account_limit: true,
  address_refused: true,
  mailbox_full: true,
  gateway_refused: true,
  gateway_unavailable: true,
}

const failureSchema = z.custom<DeliveryFailure>(
  (reason) => typeof reason === 'string' && Object.hasOwn(deliveryFailures, reason),
)

const resultSchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true) }),
  z.object({ ok: z.literal(false), reason: failureSchema, detail: z.string().catch('') }),
])

/**
 * Checks a result, which can come from the application's code. Its reason is stored unencrypted,
 * shown to the user and to administrators, and its detail is logged, so neither can contain the code.
 */
function checkResult(result: unknown, code: string): DeliveryResult {
  const parsed = resultSchema.safeParse(result)
  if (!parsed.success) return { ok: false, reason: 'gateway_unavailable', detail: 'not a delivery result' }
  const { data } = parsed
  return data.ok ? data : { ...data, detail: data.detail.replace(quoted(code), '******') }
}

/** Matches the code, also in groups such as `123 456`. */
const quoted = (code: string) => new RegExp(code.split('').join('[\\s-]?'), 'g')

async function isAwaited(
  { database }: NotifyServices,
  { table, id, codeHash }: CodeDelivery['delivery'],
): Promise<boolean> {
  const { rowCount } = await database.pool.query(
    `select from ${table} where id = $1 and code_hash = $2 and delivery = 'pending'`,
    [id, codeHash],
  )
  return rowCount === 1
}

async function storeResult(
  { database, recordUndelivered }: NotifyServices,
  { table, id, codeHash }: CodeDelivery['delivery'],
  delivered: DeliveryResult,
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

/** Removes a code that was not sent from the daily limit. */
async function uncount(
  { database }: Pick<NotifyServices, 'database'>,
  { codeHash }: { codeHash: string },
): Promise<void> {
  await database.pool.query('delete from challenge_sends where code_hash = $1', [codeHash])
}

/** Returns for how many whole minutes a code is still valid, at least one. */
export function minutesLeft(expiresAt: Date, now: Date): number {
  return Math.max(1, Math.floor((expiresAt.getTime() - now.getTime()) / 60_000))
}
