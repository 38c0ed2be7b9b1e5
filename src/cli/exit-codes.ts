import type { ConfigIssue } from '../config/read-config.js'
import { isOutage } from '../db/is-outage.js'
import { SiteError } from '../errors.js'
import { printable, printableLine } from '../printable.js'

/** Exit codes of all commands; 78 is `EX_CONFIG` of sysexits.h. */
export const exitCode = { refused: 1, usage: 2, configuration: 78 } as const

/** Invalid configuration, with all mistakes. */
export class ConfigurationError extends Error {
  constructor(readonly issues: readonly ConfigIssue[]) {
    super('The configuration is invalid.')
  }
}

/** Invalid arguments, with one line for each. */
export class UsageError extends Error {
  constructor(readonly lines: readonly string[]) {
    super(lines.join('\n'))
  }
}

/** Codes of errors in the configuration that are only found after it was parsed. */
const CONFIGURATION: ReadonlySet<string> = new Set(['kinds_module_invalid', 'no_secret_key', 'secret_key_invalid'])

/** Returns the lines for standard error and the exit code. Control characters in the lines are escaped. */
export function describeError(error: unknown): { lines: readonly string[]; exitCode: number } {
  const { lines, exitCode: code } = describe(error)
  const isStack = error instanceof Error && lines[0] === error.stack
  return { lines: lines.map((line) => (isStack ? printable(line) : printableLine(line))), exitCode: code }
}

function describe(error: unknown): { lines: readonly string[]; exitCode: number } {
  if (error instanceof ConfigurationError)
    return {
      lines: error.issues.map(({ variable, message }) => `${variable}: ${message}`),
      exitCode: exitCode.configuration,
    }
  if (error instanceof UsageError) return { lines: error.lines, exitCode: exitCode.usage }
  if (error instanceof SiteError)
    return {
      lines: [`${error.code}: ${error.message} ${error.remedy}`],
      exitCode: CONFIGURATION.has(error.code) ? exitCode.configuration : exitCode.refused,
    }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { lines: [unreachable(error) ?? text], exitCode: exitCode.refused }
}

/** Describes a database that cannot be reached or was lost. The driver's message contains no password. */
function unreachable(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const isConnection = /^Sequelize(Connection|Host|InvalidConnection|AccessDenied)/
  if (isConnection.test(error.name))
    return `database_unreachable: Could not connect to the database (${error.message}). Check DATABASE_URL and that the server is running.`
  if (!isOutage(error)) return undefined
  return `database_lost: The connection to the database broke, or a statement took too long (${error.message}). Check the server, and what was already done, before you try again.`
}
