import type { WorkerPool } from 'graphile-worker'
import type { Logger } from 'pino'
import { within } from '../within.js'
import { sleep } from './sleep.js'
import { errorForLog } from '../error-for-log.js'

/** Milliseconds until another pool of workers is started. */
const PAUSE = 1000
/** Milliseconds that a pool gets to shut down. Longer than any delivery takes. */
const END = 10_000

/** A pool of workers, and a promise for its failure. */
export interface Workers {
  pool: WorkerPool
  /** Resolves when a worker is lost. */
  lost: Promise<void>
}

/**
 * Keeps a pool of workers running until `stopping` aborts. graphile-worker loses a worker
 * permanently if the database disappears at the end of a job; the pool is then replaced.
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
      log.error({ err: errorForLog(error) }, 'could not start the job workers')
    }
  } while (await sleep(PAUSE, stopping))
}
