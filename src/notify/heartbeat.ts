import type { Pool } from 'pg'

/** Records that these workers are alive. */
export async function sendHeartbeat(pool: Pool, workers: Iterable<string>): Promise<void> {
  await pool.query(
    `insert into job_processes (worker_id, seen_at) select unnest($1::text[]), now()
     on conflict (worker_id) do update set seen_at = excluded.seen_at`,
    [[...workers]],
  )
}

/** Removes the heartbeats of workers that stopped in an orderly way. */
export async function removeHeartbeat(pool: Pool, workers: Iterable<string>): Promise<void> {
  await pool.query('delete from job_processes where worker_id = any($1)', [[...workers]])
}
