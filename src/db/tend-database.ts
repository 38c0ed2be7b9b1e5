import type { Client, Turns } from './take-turns.js'
import { writeQuery } from './write-message.js'

/** PostgreSQL's own `checkpoint_timeout`: how much of the log a crash may leave to be read again. */
const CHECKPOINT_MS = 5 * 60_000
const VACUUM_MS = 60 * 60_000

/**
 * Does what a server's background processes do and a lone backend does not: checkpoints,
 * without which the write-ahead log only grows, and vacuum. Waits its turn like any client.
 */
export function tendDatabase(turns: Turns): void {
  const client: Client = { batches: [], write: () => {}, evict: () => {} }
  const run = (sql: string) => turns.enqueue(client, { bytes: writeQuery(sql), complete: true })
  setInterval(() => run('checkpoint'), CHECKPOINT_MS).unref()
  setInterval(() => run('vacuum (analyze)'), VACUUM_MS).unref()
}
