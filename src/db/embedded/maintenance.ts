import type { Client, Scheduler } from './backend-scheduler.js'
import { writeQuery } from './write-message.js'

/** PostgreSQL's default `checkpoint_timeout`. It limits how much of the log is replayed after a crash. */
const CHECKPOINT_MS = 5 * 60_000
const VACUUM_MS = 60 * 60_000

/**
 * Runs checkpoints and vacuum regularly, as the background processes of a PostgreSQL server
 * do. Without checkpoints the write-ahead log only grows. Waits for its turn like any client.
 */
export function startMaintenance(turns: Scheduler): void {
  const client: Client = { batches: [], write: () => {}, evict: () => {} }
  const run = (sql: string) => turns.enqueue(client, { bytes: writeQuery(sql), complete: true })
  setInterval(() => run('checkpoint'), CHECKPOINT_MS).unref()
  setInterval(() => run('vacuum (analyze)'), VACUUM_MS).unref()
}
