import pino, { type Logger, type LoggerOptions } from 'pino'
import type { Config } from './config/read-config.js'
import { printable } from './printable.js'
import { errorForLog } from './error-for-log.js'

/**
 * Creates the site's logger: one JSON object per line on standard error, written at once. Header
 * fields, bodies, queries and rows are never logged as a whole, and properties with names such as
 * `password` and `token` are redacted.
 *
 * @param config `logLevel` is pino's: `trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`
 * @returns a pino logger
 * @example createLog({ logLevel: 'info' }).info({ deviceId: 'totp/3' }, 'device added')
 */
export function createLog(config: Pick<Config, 'logLevel'>): Logger {
  return pino(logOptions(config), pino.destination({ fd: 2, sync: true }))
}

/** Returns pino's options, independent of the destination. */
export function logOptions({ logLevel: level }: Pick<Config, 'logLevel'>): LoggerOptions {
  return {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: serialiseError },
    // JSON does not escape C1 controls, which some terminals interpret, or direction overrides.
    hooks: { streamWrite: printable },
    redact: ['password', 'token', 'secret', 'cookie', 'authorization', '*.password', '*.token', '*.secret', '*.cookie'],
  }
}

/** Serialises the parts of an error that help to find its cause. */
function serialiseError(thrown: unknown): Record<string, unknown> {
  const error = errorForLog(thrown)
  return {
    type: error.name,
    message: error.message,
    ...('code' in error && typeof error.code === 'string' && { code: error.code }),
    stack: error.stack,
    ...(error.cause instanceof Error && { cause: serialiseError(error.cause) }),
  }
}
