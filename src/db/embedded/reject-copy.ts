import type { ClientMessage } from './read-messages.js'
import { writeMessage, writeQuery } from './write-message.js'

/** Matches only at the start of a statement, so that a value can contain these words. */
const COPY_IN = /(?:^|;)\s*copy\s[^;]*\bfrom\s+stdin\b/i

const RAISE_ERROR =
  "do $$ begin raise exception using errcode = '0A000', message = 'COPY FROM STDIN is not possible on the embedded database'; end $$"

/**
 * Replaces COPY FROM STDIN with a statement that raises an error. PGlite processes one message
 * at a time: it would read the end of its input in place of the rows, and exit.
 */
export function rejectCopyIn(message: ClientMessage): ClientMessage {
  const { type, bytes } = message
  if (type === 'Q' && COPY_IN.test(bytes.toString('utf8', 5))) return { type, bytes: writeQuery(RAISE_ERROR) }
  if (type !== 'P') return message
  const nameEnd = bytes.indexOf(0, 5)
  const sqlEnd = bytes.indexOf(0, nameEnd + 1)
  if (!COPY_IN.test(bytes.toString('utf8', nameEnd + 1, sqlEnd))) return message
  return { type, bytes: writeMessage('P', `${bytes.toString('utf8', 5, nameEnd)}\0${RAISE_ERROR}\0\0\0`) }
}
