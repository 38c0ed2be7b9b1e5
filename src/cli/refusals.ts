import type { Fault } from '../config/read-config.js'
import { isOutage } from '../db/is-outage.js'
import { SiteError } from '../errors.js'
import { printable, printableLine } from '../printable.js'

/** Exit codes of all commands; 78 is `EX_CONFIG` of sysexits.h. */
export const exitCode = { refused: 1, usage: 2, configuration: 78 } as const

/** Invalid configuration, with all mistakes. */
export class ConfigurationRefused extends Error {
  constructor(readonly faults: readonly Fault[]) {
    super('The configuration is invalid.')
  }
}

/** Invalid arguments, with one line for each. */
export class UsageRefused extends Error {
  constructor(readonly lines: readonly string[]) {
    super(lines.join('\n'))
  }
}

/** Codes of errors in the configuration that are only found after it was parsed. */
const CONFIGURATION: ReadonlySet<string> = new Set(['no_secret_key', 'secret_key_invalid'])

/** Returns the lines for standard error and the exit code. Control characters in the lines are escaped. */
export function explain(error: unknown): { lines: readonly string[]; exitCode: number } {
  const { lines, exitCode: code } = describe(error)
  const isStack = error instanceof Error && lines[0] === error.stack
  return { lines: lines.map((line) => (isStack ? printable(line) : printableLine(line))), exitCode: code }
}

function describe(fault: unknown): { lines: readonly string[]; exitCode: number } {
  if (fault instanceof ConfigurationRefused)
    return {
      lines: fault.faults.map(({ variable, message }) => `${variable}: ${message}`),
      exitCode: exitCode.configuration,
    }
  if (fault instanceof UsageRefused) return { lines: fault.lines, exitCode: exitCode.usage }
  if (fault instanceof SiteError)
    return {
      lines: [`${fault.code}: ${fault.message} ${fault.remedy}`],
      exitCode: CONFIGURATION.has(fault.code) ? exitCode.configuration : exitCode.refused,
    }
  const text = fault instanceof Error ? (fault.stack ?? fault.message) : String(fault)
  return { lines: [unreachable(fault) ?? text], exitCode: exitCode.refused }
}

/** Describes a database that cannot be reached or was lost. The driver's message contains no password. */
function unreachable(fault: unknown): string | undefined {
  if (!(fault instanceof Error)) return undefined
  const isConnection = /^Sequelize(Connection|Host|InvalidConnection|AccessDenied)/
  if (isConnection.test(fault.name))
    return `database_unreachable: Could not connect to the database (${fault.message}). Check DATABASE_URL and that the server is running.`
  if (!isOutage(fault)) return undefined
  return `database_lost: The connection to the database broke, or a statement took too long (${fault.message}). Check the server, and what was already done, before you try again.`
}
