import type { Socket } from 'node:net'
import { parsedStatement, prefixStatement } from './prefix-statements.js'
import { type ClientMessage, createMessageReader } from './read-messages.js'
import { rejectCopyIn } from './reject-copy.js'
import type { Batch, Client, Scheduler } from './backend-scheduler.js'
import { writeMessage, writeQuery } from './write-message.js'

/** The backend responds to Query, Sync and FunctionCall with ReadyForQuery, and to Flush with what is ready. */
const COMPLETE = new Set(['Q', 'S', 'F'])
const SENT = new Set([...COMPLETE, 'H'])

let connections = 0

/**
 * Serves one client with PostgreSQL's protocol 3.0. Responds to its start-up with `greeting`
 * and forwards all later messages to the backend in complete batches, when it is this client's turn.
 */
export function serveConnection(socket: Socket, turns: Scheduler, greeting: Promise<Buffer>): void {
  const client = createClient(socket)
  const session = openSession(client, turns)
  const read = createMessageReader()

  function receive(message: ClientMessage): void {
    if (message.type === 'ssl' || message.type === 'gss') client.write(Buffer.from('N'))
    else if (message.type === 'startup') void greeting.then(client.write)
    else if (message.type === 'cancel') socket.end()
    else if (message.type === 'X') terminate()
    else session.forward(message)
  }

  // Cleans up before the client sees the end, so that its next connection finds nothing left of this one.
  function terminate(): void {
    socket.end()
    session.end()
  }

  socket.on('data', (chunk) => {
    try {
      read(chunk).forEach(receive)
    } catch (error) {
      socket.destroy(error instanceof Error ? error : undefined)
    }
  })
  // A client that dies is not an error here; 'close' follows and cleans up.
  socket.on('error', () => {})
  socket.on('close', session.end)
}

function createClient(socket: Socket): Client {
  const write = (bytes: Uint8Array) => {
    if (socket.writable) socket.write(bytes)
  }
  const evict = () => {
    write(fatal('25P03', 'terminating connection: it was idle in a transaction that others waited for'))
    socket.destroySoon()
  }
  return { batches: [], write, evict }
}

/** Tracks the state of one connection: messages up to the next Sync, and the names of its prepared statements. */
function openSession(client: Client, turns: Scheduler) {
  const prefix = `c${++connections}_`
  const statements = new Set<string>()
  let collected: Buffer[] = []
  let ended = false
  return {
    forward(message: ClientMessage): void {
      const own = prefixStatement(rejectCopyIn(message), prefix)
      const statement = parsedStatement(own)
      if (statement) statements.add(statement)
      collected.push(own.bytes)
      if (!SENT.has(own.type)) return
      turns.enqueue(client, { bytes: Buffer.concat(collected), complete: COMPLETE.has(own.type) })
      collected = []
    },
    end: (): void => {
      if (!ended) turns.leave(client, cleanupAfter(statements))
      ended = true
    },
  }
}

/** Builds the batch that ends an unfinished batch and an open transaction, and closes the client's prepared statements. */
function cleanupAfter(statements: ReadonlySet<string>): Batch {
  const closes = [...statements].map((name) => writeMessage('C', `S${name}\0`))
  const bytes = Buffer.concat([writeMessage('S', ''), writeQuery('ROLLBACK'), ...closes, writeMessage('S', '')])
  return { bytes, complete: true }
}

function fatal(code: string, text: string): Buffer {
  return writeMessage('E', `SFATAL\0VFATAL\0C${code}\0M${text}\0\0`)
}
