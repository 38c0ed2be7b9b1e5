import type { ClientMessage } from './read-messages.js'
import { writeMessage, writeQuery } from './write-message.js'

/** At the start of a statement only: the words inside a value are nobody's business. */
const COPY_IN = /(?:^|;)\s*copy\s[^;]*\bfrom\s+stdin\b/i

const REFUSAL =
  "do $$ begin raise exception using errcode = '0A000', message = 'COPY FROM STDIN is not possible on the embedded database'; end $$"

/**
 * Puts an error in the place of COPY FROM STDIN. PGlite takes each message whole and would
 * find the end of its input where the rows should come, and end with it.
 */
export function refuseCopyIn(message: ClientMessage): ClientMessage {
  const { type, bytes } = message
  if (type === 'Q' && COPY_IN.test(bytes.toString('utf8', 5))) return { type, bytes: writeQuery(REFUSAL) }
  if (type !== 'P') return message
  const nameEnd = bytes.indexOf(0, 5)
  const sqlEnd = bytes.indexOf(0, nameEnd + 1)
  if (!COPY_IN.test(bytes.toString('utf8', nameEnd + 1, sqlEnd))) return message
  return { type, bytes: writeMessage('P', `${bytes.toString('utf8', 5, nameEnd)}\0${REFUSAL}\0\0\0`) }
}
