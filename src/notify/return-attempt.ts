import type { Database } from '../db/connect.js'

/**
 * Gives jobs back the try that an outage or a crash cost them, and tries again soon.
 * Without it graphile-worker's wait grows to 6 h and the tries run out while a mail
 * server is away. After five days (RFC 5321 §4.5.4.1) tries count again, and run out.
 *
 * @param jobs ids; a job that somebody is working on is left alone
 * @param seconds until the next try
 */
export async function returnAttempt(
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
