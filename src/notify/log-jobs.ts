import type { LogFunctionFactory } from 'graphile-worker'
import type { Logger } from 'pino'

const levels: Readonly<Record<string, 'error' | 'warn' | 'debug'>> = { error: 'error', warning: 'warn' }

/** Writes graphile-worker's messages to the site's log, except failures: after-job.ts logs those without the payload. */
export function logJobs(log: Logger): LogFunctionFactory {
  return ({ workerId, jobId }) =>
    (level, message, meta) => {
      if (meta?.['failure'] !== true) log[levels[level] ?? 'debug']({ workerId, jobId }, message)
    }
}
