import type { LogFunctionFactory } from 'graphile-worker'
import type { Logger } from 'pino'

const levels: Readonly<Record<string, 'error' | 'warn' | 'debug'>> = { error: 'error', warning: 'warn' }

/** graphile-worker's words in our log. Failures are left out: after-job.ts tells them without the payload. */
export function logJobs(log: Logger): LogFunctionFactory {
  return ({ workerId, jobId }) =>
    (level, message, meta) => {
      if (meta?.['failure'] !== true) log[levels[level] ?? 'debug']({ workerId, jobId }, message)
    }
}
