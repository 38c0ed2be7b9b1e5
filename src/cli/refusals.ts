import type { Fault } from '../config/read-config.js'
import { isOutage } from '../db/is-outage.js'
import { SiteError } from '../errors.js'
import { printable, printableLine } from '../printable.js'

/** CONTRACT.md §4; 78 is `EX_CONFIG` of sysexits.h. */
export const exitCode = { refused: 1, usage: 2, configuration: 78 } as const

/** Wrong environment: every mistake of it. */
export class ConfigurationRefused extends Error {
  constructor(readonly faults: readonly Fault[]) {
    super('The configuration is invalid.')
  }
}

/** Malformed arguments: one line for each. */
export class UsageRefused extends Error {
  constructor(readonly lines: readonly string[]) {
    super(lines.join('\n'))
  }
}

/** What is wrong with the configuration and only shows once something is read or looked up. */
const CONFIGURATION: ReadonlySet<string> = new Set(['no_secret_key', 'secret_key_invalid'])

/** What standard error says to a fault, and what the process ends with. No name or address in it moves the terminal. */
export function explain(fault: unknown): { lines: readonly string[]; exitCode: number } {
  const { lines, exitCode: code } = describe(fault)
  const isStack = fault instanceof Error && lines[0] === fault.stack
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

/** A database that cannot be reached, or is lost on the way, is no bug of ours. The driver's message holds no password. */
function unreachable(fault: unknown): string | undefined {
  if (!(fault instanceof Error)) return undefined
  const isConnection = /^Sequelize(Connection|Host|InvalidConnection|AccessDenied)/
  if (isConnection.test(fault.name))
    return `database_unreachable: Could not connect to the database (${fault.message}). Check DATABASE_URL and that the server is running.`
  if (!isOutage(fault)) return undefined
  return `database_lost: The connection to the database broke, or a statement took too long (${fault.message}). Check the server, and what was already done, before you try again.`
}
