import type { ClientMessage } from './read-messages.js'

/**
 * Puts `prefix` before the name of a prepared statement if the message contains one. All
 * connections share one backend, and two of them can use the same name. Unnamed statements
 * and portals need no prefix, because a connection has the backend to itself from Parse to Sync.
 */
export function prefixStatement(message: ClientMessage, prefix: string): ClientMessage {
  const at = statementOffset(message)
  if (at === undefined || message.bytes[at] === 0) return message
  const bytes = Buffer.concat([message.bytes.subarray(0, at), Buffer.from(prefix), message.bytes.subarray(at)])
  bytes.writeUInt32BE(bytes.length - 1, 1)
  return { type: message.type, bytes }
}

/** Returns the offset of the statement's name in Parse, Bind (after the portal's name), and Describe or Close of a statement. */
function statementOffset({ type, bytes }: ClientMessage): number | undefined {
  if (type === 'P') return 5
  if (type === 'B') return bytes.indexOf(0, 5) + 1
  if ((type === 'D' || type === 'C') && bytes[5] === 'S'.charCodeAt(0)) return 6
  return undefined
}

/** Returns the statement that a Parse message names; undefined for the unnamed one and for other messages. */
export function parsedStatement({ type, bytes }: ClientMessage): string | undefined {
  return type === 'P' && bytes[5] !== 0 ? bytes.toString('utf8', 5, bytes.indexOf(0, 5)) : undefined
}
