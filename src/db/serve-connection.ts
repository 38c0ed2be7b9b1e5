import type { Socket } from 'node:net'
import { parsedStatement, prefixStatement } from './name-statements.js'
import { type ClientMessage, createMessageReader } from './read-messages.js'
import type { Batch, Client, Turns } from './take-turns.js'
import { writeMessage, writeQuery } from './write-message.js'

/** Query, Sync and FunctionCall are answered with ReadyForQuery, Flush with what there is. */
const COMPLETE = new Set(['Q', 'S', 'F'])
const SENT = new Set([...COMPLETE, 'H'])

let connections = 0

/**
 * Speaks PostgreSQL's protocol 3.0 with one client: `greeting` answers its start-up, and
 * everything after goes to the backend in whole batches when it is this client's turn.
 */
export function serveConnection(socket: Socket, turns: Turns, greeting: Promise<Buffer>): void {
  const read = createMessageReader()
  const prefix = `c${++connections}_`
  const statements = new Set<string>()
  let collected: Buffer[] = []
  const write = (bytes: Uint8Array) => {
    if (socket.writable) socket.write(bytes)
  }
  const client: Client = {
    batches: [],
    write,
    evict: () => {
      write(fatal('25P03', 'terminating connection: it was idle in a transaction that others waited for'))
      socket.destroySoon()
    },
  }

  function forward(message: ClientMessage): void {
    const own = prefixStatement(message, prefix)
    const statement = parsedStatement(own)
    if (statement) statements.add(statement)
    collected.push(own.bytes)
    if (!SENT.has(own.type)) return
    turns.enqueue(client, { bytes: Buffer.concat(collected), complete: COMPLETE.has(own.type) })
    collected = []
  }

  function receive(message: ClientMessage): void {
    if (message.type === 'ssl' || message.type === 'gss') write(Buffer.from('N'))
    else if (message.type === 'startup') void greeting.then(write)
    else if (message.type === 'cancel' || message.type === 'X') socket.end()
    else forward(message)
  }

  socket.on('data', (chunk) => {
    try {
      read(chunk).forEach(receive)
    } catch (error) {
      socket.destroy(error instanceof Error ? error : undefined)
    }
  })
  // A client that dies is no fault of ours; 'close' follows and cleans up.
  socket.on('error', () => {})
  socket.on('close', () => turns.leave(client, cleanupAfter(statements)))
}

/** Ends an unfinished batch and an open transaction, and forgets the client's prepared statements. */
function cleanupAfter(statements: ReadonlySet<string>): Batch {
  const closes = [...statements].map((name) => writeMessage('C', `S${name}\0`))
  const bytes = Buffer.concat([writeMessage('S', ''), writeQuery('ROLLBACK'), ...closes, writeMessage('S', '')])
  return { bytes, complete: true }
}

function fatal(code: string, text: string): Buffer {
  return writeMessage('E', `SFATAL\0VFATAL\0C${code}\0M${text}\0\0`)
}
