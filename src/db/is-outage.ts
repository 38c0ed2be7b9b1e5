/** Connection exceptions, too few resources, shutting down or starting, cancelled by a limit, read-only. */
const SQLSTATES = /^(?:08...|53...|57P0.|57014|55P03|25P03|25006)$/

/** Node's codes for a host that cannot be reached, and the site's for one that stopped responding. */
const CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ECONNABORTED',
  'ENOTCONN',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENETRESET',
  // No local port is free, for example during a flood of short connections.
  'EADDRNOTAVAIL',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EAI_NODATA',
  'database_silent',
  'host_users_silent',
  'host_code_silent',
])

/** Errors of Sequelize and pg that have no code. */
const NAMES = /^Sequelize(?:Connection\w*|HostNot\w+|InvalidConnection|AccessDenied)Error$/
const MESSAGES =
  /^(?:Connection terminated|timeout exceeded when trying to connect|timeout expired|Client (?:has encountered a connection error|was closed) and is not queryable|Cannot use a pool after calling end)/

/**
 * Whether an error means that the database is not available at the moment: it is gone, full,
 * starting, or took longer than the statement limit. Any other error is a bug.
 */
export function isOutage(error: unknown): boolean {
  try {
    return hasOutageCause(error, MAX_CAUSES)
  } catch {
    // The application threw an error whose properties cannot be read.
    return false
  }
}

/** The search has a limit, because an error can be its own cause. */
const MAX_CAUSES = 5

function hasOutageCause(error: unknown, causes: number): boolean {
  if (!(error instanceof Error) || causes < 0) return false
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (CODES.has(code) || SQLSTATES.test(code) || NAMES.test(error.name) || MESSAGES.test(error.message)) return true
  return hasOutageCause(error.cause, causes - 1) || ('original' in error && hasOutageCause(error.original, causes - 1))
}
