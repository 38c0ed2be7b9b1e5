import pino, { type Logger } from 'pino'
import type { Config } from './config/read-config.js'

/**
 * Structured lines on standard error. Whoever logs names the fields; headers, bodies,
 * queries and rows never go in whole. The list below is the net under that rule.
 */
export function createLog(config: Pick<Config, 'logLevel'>): Logger {
  return pino(
    {
      level: config.logLevel,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: describeFault },
      redact: [
        'password',
        'token',
        'secret',
        'cookie',
        'authorization',
        '*.password',
        '*.token',
        '*.secret',
        '*.cookie',
      ],
    },
    pino.destination({ fd: 2, sync: true }),
  )
}

/** What helps to find a fault. Sequelize's errors carry the statement with its values, which may be secret. */
function describeFault(fault: unknown): Record<string, unknown> {
  if (!(fault instanceof Error)) return { type: typeof fault }
  return {
    type: fault.name,
    message: fault.message,
    ...('code' in fault && typeof fault.code === 'string' && { code: fault.code }),
    stack: fault.stack,
    ...(fault.cause instanceof Error && { cause: describeFault(fault.cause) }),
  }
}
