import { z } from 'zod'
import type { Keyring } from '../crypto/keyring.js'
import type { Database } from '../db/connect.js'
import { isOlder, type KeyUse, resealValue } from '../db/reseal-column.js'
import { sealedPayload } from './seal-payload.js'

const jobRow = z.object({ id: z.string(), task: z.string(), payload: sealedPayload })

/** SQL of the jobs that will still be attempted. Others no longer need a key. */
const WAITING = `
from $jobs._private_jobs job join $jobs._private_tasks task on task.id = job.task_id
where job.attempts < job.max_attempts and ${isOlder(`(job.payload ->> 'sealed')`)}`

/**
 * Seals the payloads of waiting jobs again with the newest key. A worker that runs one of them
 * has already read its payload.
 *
 * @returns number of payloads sealed again
 */
export async function resealJobs(database: Database, keys: Keyring): Promise<number> {
  const { pool, jobsSchema } = database
  const { rows } = await pool.query(
    `select job.id::text, task.identifier as task, job.payload ${inSchema(WAITING, database)} order by job.id`,
    [keys.ids[0]],
  )
  let moved = 0
  for (const { id, task, payload } of z.array(jobRow).parse(rows)) {
    const { message, sealed } = payload
    const again = resealValue(keys, sealed, { column: `jobs.${task}`, id: message })
    if (again === null) continue
    const { rowCount } = await pool.query(
      `update ${jobsSchema}._private_jobs set payload = $1::json where id = $2 and payload ->> 'sealed' = $3`,
      [JSON.stringify({ message, sealed: again }), id, sealed],
    )
    moved += rowCount ?? 0
  }
  return moved
}

/** Counts waiting jobs by key, without those of the newest key. */
export async function countJobsOfOtherKeys(database: Database, keys: Keyring): Promise<KeyUse[]> {
  const { rows } = await database.pool.query<{ keyId: string; rows: number }>(
    `select split_part(job.payload ->> 'sealed', '.', 2) as "keyId", count(*)::int as rows
    ${inSchema(WAITING, database)} group by 1 order by 1`,
    [keys.ids[0]],
  )
  return rows.map((row) => ({ ...row, table: 'jobs' }))
}

const inSchema = (sql: string, { jobsSchema }: Database) => sql.replaceAll('$jobs', jobsSchema)
