import type { WorkerPool } from 'graphile-worker'
import type { Logger } from 'pino'
import { within } from '../within.js'
import { pause } from './pause.js'
import { faultForLog } from '../fault-for-log.js'

/** Milliseconds until another pool of workers is started. */
const PAUSE = 1000
/** Milliseconds that a pool may take to end. Longer than any delivery takes. */
const END = 10_000

/** A pool of workers, and what happens to it. */
export interface Workers {
  pool: WorkerPool
  /** Settles if a worker was lost. */
  lost: Promise<void>
}

/**
 * Keeps a pool of workers going until `stopping` aborts. graphile-worker loses a worker for
 * good if the database goes away at the end of a job, so then the pool is replaced.
 */
export async function superviseRunner(
  start: () => Promise<Workers>,
  log: Logger,
  stopping: AbortSignal,
): Promise<void> {
  const stopped = new Promise<void>((resolve) => stopping.addEventListener('abort', () => resolve(), { once: true }))
  do {
    try {
      const { pool, lost } = await start()
      await Promise.race([stopped, lost])
      await within(END, pool.gracefulShutdown())
    } catch (error) {
      log.error({ err: faultForLog(error) }, 'could not start the job workers')
    }
  } while (await pause(PAUSE, stopping))
}
