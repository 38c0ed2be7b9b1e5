import type { Database } from '../db/connect.js'
import { refundAttempt } from './refund-attempt.js'

/**
 * Unlocks the jobs of killed processes; graphile-worker would do so only after 4 hours. A
 * worker is considered dead without a heartbeat for `seconds` (run-worker.ts), by the clock of
 * the database, so that all processes agree.
 *
 * @param seconds 0: unlock every job, for a database that only this process has open
 * @returns number of jobs
 */
export async function unlockDeadWorkers(
  database: Pick<Database, 'pool' | 'jobsSchema'>,
  seconds: number,
): Promise<number> {
  const { pool, jobsSchema } = database
  await pool.query('update job_processes set seen_at = now() where seen_at > now()')
  await pool.query("delete from job_processes where seen_at <= now() - $1 * interval '1 second'", [seconds])
  const { rows } = await pool.query<{ id: string; locked_by: string }>(
    `select id, locked_by from ${jobsSchema}.jobs
     where (locked_at <= now() - $1 * interval '1 second' or locked_at > now())
       and locked_by not in (select worker_id from job_processes)`,
    [seconds],
  )
  if (rows.length === 0) return 0
  await pool.query(`select ${jobsSchema}.force_unlock_workers($1)`, [rows.map((row) => row.locked_by)])
  await refundAttempt(
    database,
    rows.map((row) => row.id),
    0,
  )
  return rows.length
}
