import pino, { type Logger, type LoggerOptions } from 'pino'
import type { Config } from './config/read-config.js'
import { printable } from './printable.js'
import { faultForLog } from './fault-for-log.js'

/**
 * Structured lines on standard error. Whoever logs names the fields; headers, bodies,
 * queries and rows never go in whole. The list below is the net under that rule.
 */
export function createLog(config: Pick<Config, 'logLevel'>): Logger {
  return pino(logOptions(config), pino.destination({ fd: 2, sync: true }))
}

/** How lines are written, wherever they go. */
export function logOptions({ logLevel: level }: Pick<Config, 'logLevel'>): LoggerOptions {
  return {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: describeFault },
    // JSON leaves in C1 controls, which some terminals obey, and direction overrides.
    hooks: { streamWrite: printable },
    redact: ['password', 'token', 'secret', 'cookie', 'authorization', '*.password', '*.token', '*.secret', '*.cookie'],
  }
}

/** What helps to find a fault, in any logger. */
function describeFault(given: unknown): Record<string, unknown> {
  const fault = faultForLog(given)
  return {
    type: fault.name,
    message: fault.message,
    ...('code' in fault && typeof fault.code === 'string' && { code: fault.code }),
    stack: fault.stack,
    ...(fault.cause instanceof Error && { cause: describeFault(fault.cause) }),
  }
}
