import type { Database } from '../db/connect.js'

/**
 * Restores the attempt that an outage or a crash used up, and retries the jobs soon. Without
 * it, graphile-worker's wait grows to 6 h and the attempts run out while a mail server is
 * unavailable. From five days on (RFC 5321 §4.5.4.1), attempts are used up again.
 *
 * @param jobs IDs; a job that a worker is running is not changed
 * @param seconds until the next attempt
 */
export async function refundAttempt(
  { pool, jobsSchema }: Pick<Database, 'pool' | 'jobsSchema'>,
  jobs: readonly string[],
  seconds: number,
): Promise<void> {
  await pool.query(
    `select ${jobsSchema}.reschedule_jobs(
       array[id], run_at := now() + $2 * interval '1 second', attempts := greatest(attempts - 1, 0))
     from ${jobsSchema}.jobs
     where id = any($1::bigint[]) and created_at > now() - interval '5 days'`,
    [jobs, seconds],
  )
}
