/** One typed message of PostgreSQL's protocol 3.0: type byte, length, body. */
export function writeMessage(type: string, body: string): Buffer {
  const bytes = Buffer.from(`${type}\0\0\0\0${body}`)
  bytes.writeUInt32BE(bytes.length - 1, 1)
  return bytes
}

/** Query: one statement, or several in one transaction. */
export const writeQuery = (sql: string): Buffer => writeMessage('Q', `${sql}\0`)
