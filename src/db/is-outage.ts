/** Connection exceptions, too few resources, shutting down or starting, cancelled by a limit, read only. */
const SQLSTATES = /^(?:08...|53...|57P0.|57014|55P03|25P03|25006)$/

/** Node's words for a host that cannot be reached, and ours for one that stopped answering. */
const CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'database_silent',
  'host_users_silent',
  'host_code_silent',
])

/** Sequelize's and pg's own errors without a code. */
const NAMES = /^Sequelize(?:Connection\w*|HostNot\w+|InvalidConnection|AccessDenied)Error$/
const MESSAGES =
  /^(?:Connection terminated|timeout exceeded when trying to connect|timeout expired|Client (?:has encountered a connection error|was closed) and is not queryable|Cannot use a pool after calling end)/

/**
 * Whether an error says that the database cannot do its work at the moment: it is gone,
 * full, starting, or took longer than a statement may take. Anything else is a bug.
 */
export function isOutage(error: unknown): boolean {
  try {
    return saysOutage(error, MAX_CAUSES)
  } catch {
    // An error of the application whose properties cannot be read.
    return false
  }
}

/** An error may be its own cause. */
const MAX_CAUSES = 5

function saysOutage(error: unknown, causes: number): boolean {
  if (!(error instanceof Error) || causes < 0) return false
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (CODES.has(code) || SQLSTATES.test(code) || NAMES.test(error.name) || MESSAGES.test(error.message)) return true
  return saysOutage(error.cause, causes - 1) || ('original' in error && saysOutage(error.original, causes - 1))
}
