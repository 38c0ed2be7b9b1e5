import type { Job } from 'graphile-worker'
import { isNotReadable } from '../crypto/keyring.js'
import { DeliveryError } from './delivery-error.js'
import type { NotifyServices } from './notify.js'
import { refundAttempt } from './refund-attempt.js'
import { readMailOf } from './undelivered.js'
import { errorForLog } from '../error-for-log.js'

/** Attempts for a permanently rejected delivery. The second one confirms the rejection. */
const MAX_REJECTED_ATTEMPTS = 2

/** Attempts without the key. Another process might have it while a new key is being rolled out. */
const MAX_ATTEMPTS_WITHOUT_KEY = 3

/** Seconds. With the poll and the timeout of a step, an email is sent within 60 seconds after an outage. */
const RETRY_SECONDS = 20

/**
 * Handles a failed job. An outage does not use up an attempt, and the job is retried soon. A
 * permanent rejection is final at the second attempt. After any other error, graphile-worker
 * waits longer before each attempt. A job that is given up is recorded in the audit log.
 */
export async function handleJobFailure(notify: NotifyServices, job: Job, error: unknown): Promise<void> {
  const { database, log } = notify
  const about = { task: job.task_identifier, job: job.id, attempt: job.attempts }
  if (error instanceof DeliveryError && !error.permanent) {
    log.warn({ ...about, reason: error.message }, 'not delivered, will retry')
    await refundAttempt(database, [job.id], RETRY_SECONDS)
    return
  }
  if (isNotReadable(error)) {
    const isOver = job.attempts >= MAX_ATTEMPTS_WITHOUT_KEY
    log.error({ ...about, reason: error.message }, `cannot be decrypted, ${isOver ? 'giving up' : 'will retry'}`)
    if (isOver) await giveUp(notify, job, 'key_missing', { mail: job.task_identifier, userId: null })
    return
  }
  const isDelivery = error instanceof DeliveryError
  const reason = isDelivery ? { reason: error.message } : { err: errorForLog(error) }
  const isOver = job.attempts >= (isDelivery ? MAX_REJECTED_ATTEMPTS : job.max_attempts)
  if (!isOver) return log.error({ ...about, ...reason }, 'rejected, will retry')
  log.error({ ...about, ...reason }, 'rejected, giving up after the last attempt')
  await giveUp(notify, job, isDelivery ? error.message : 'fault', readMailOf(notify.keys, job))
}

/** Fails a job permanently, and records an undelivered email in the audit log. */
async function giveUp(
  notify: NotifyServices,
  job: Job,
  reason: string,
  mail: { mail: string; userId: number | null } | null,
): Promise<void> {
  const { pool, jobsSchema } = notify.database
  await pool.query(`select from ${jobsSchema}.permanently_fail_jobs(array[$1::bigint], $2)`, [job.id, reason])
  if (mail) await notify.recordUndelivered({ what: 'mail', ...mail, reason })
}
