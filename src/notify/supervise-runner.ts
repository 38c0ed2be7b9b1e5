import type { Runner } from 'graphile-worker'
import type { Logger } from 'pino'
import { pause } from './pause.js'

/** Milliseconds until another runner is started. */
const PAUSE = 1000

/**
 * Keeps a runner going until `stopping` aborts. graphile-worker loses a worker for good
 * when the database goes away at the end of a job, so then the runner is replaced.
 */
export async function superviseRunner(start: () => Promise<Runner>, log: Logger, stopping: AbortSignal): Promise<void> {
  do {
    try {
      await untilEnd(await start(), stopping)
    } catch (error) {
      log.error({ err: error }, 'the job runner ended')
    }
  } while (await pause(PAUSE, stopping))
}

async function untilEnd(runner: Runner, stopping: AbortSignal): Promise<void> {
  // Rejects where the runner is ending by itself already.
  const end = () => void runner.stop().catch(() => undefined)
  runner.events.once('worker:fatalError', end)
  stopping.addEventListener('abort', end, { once: true })
  if (stopping.aborted) end()
  await runner.promise.finally(() => stopping.removeEventListener('abort', end))
}
