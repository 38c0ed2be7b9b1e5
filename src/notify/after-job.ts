import type { Job } from 'graphile-worker'
import { isNotReadable } from '../crypto/keyring.js'
import { DeliveryError } from './delivery-error.js'
import type { Notify } from './notify.js'
import { returnAttempt } from './return-attempt.js'
import { readMailOf } from './undelivered.js'
import { faultForLog } from '../fault-for-log.js'

/** A mailbox that is refused for good is refused again a moment later; the second time ends it. */
const TRIES_AFTER_REFUSAL = 2

/** A key is missing in this process: another one may have it, while a new key is being rolled out. */
const TRIES_WITHOUT_KEY = 3

/** Seconds; with the poll and a step's time-out this stays below the promised 60 (CONTRACT.md §3). */
const NEXT_TRY = 20

/**
 * What follows a job that failed. An outage costs no try and the next one comes soon. A
 * recipient that is refused for good is given up at the second try; any other fault waits as
 * graphile-worker does, longer each time. What is given up is written into the audit log.
 */
export async function afterJob(notify: Notify, job: Job, error: unknown): Promise<void> {
  const { database, log } = notify
  const about = { task: job.task_identifier, job: job.id, attempt: job.attempts }
  if (error instanceof DeliveryError && !error.permanent) {
    log.warn({ ...about, reason: error.message }, 'not delivered, will retry')
    await returnAttempt(database, [job.id], NEXT_TRY)
    return
  }
  if (isNotReadable(error)) {
    const isOver = job.attempts >= TRIES_WITHOUT_KEY
    log.error({ ...about, reason: error.message }, `cannot be decrypted, ${isOver ? 'giving up' : 'will retry'}`)
    if (isOver) await giveUp(notify, job, 'key_missing', { mail: job.task_identifier, userId: null })
    return
  }
  const isDelivery = error instanceof DeliveryError
  const reason = isDelivery ? { reason: error.message } : { err: faultForLog(error) }
  const isOver = job.attempts >= (isDelivery ? TRIES_AFTER_REFUSAL : job.max_attempts)
  if (!isOver) return log.error({ ...about, ...reason }, 'rejected, will retry')
  log.error({ ...about, ...reason }, 'rejected, giving up after the last attempt')
  await giveUp(notify, job, isDelivery ? error.message : 'fault', readMailOf(notify.keys, job))
}

/** Takes a job out of the queue for good, and tells the audit log. */
async function giveUp(
  notify: Notify,
  job: Job,
  reason: string,
  mail: { mail: string; userId: number | null } | null,
): Promise<void> {
  const { pool, jobsSchema } = notify.database
  await pool.query(`select from ${jobsSchema}.permanently_fail_jobs(array[$1::bigint], $2)`, [job.id, reason])
  if (mail) await notify.recordUndelivered({ what: 'mail', ...mail, reason })
}
