import type { Job } from 'graphile-worker'
import { DeliveryError } from './delivery-error.js'
import type { Notify } from './notify.js'
import { returnAttempt } from './return-attempt.js'

/** Seconds; with the poll and a step's time-out this stays below the promised 60 (CONTRACT.md §3). */
const NEXT_TRY = 20

/**
 * What follows a job that failed. An outage costs no try and the next one comes soon; a
 * refusal or a fault waits as graphile-worker does, longer each time, and is given up.
 */
export async function afterJob({ database, log }: Notify, job: Job, error: unknown): Promise<void> {
  const about = { task: job.task_identifier, job: job.id, attempt: job.attempts }
  if (error instanceof DeliveryError && !error.permanent) {
    log.warn({ ...about, reason: error.message }, 'not delivered, will be tried again')
    await returnAttempt(database, [job.id], NEXT_TRY)
    return
  }
  const reason = error instanceof DeliveryError ? { reason: error.message } : { err: error }
  if (job.attempts < job.max_attempts) log.error({ ...about, ...reason }, 'refused, will be tried again')
  else log.error({ ...about, ...reason }, 'refused for the last time, given up')
}
