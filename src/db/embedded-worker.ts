import { chmodSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parentPort } from 'node:worker_threads'
import type { PGlite } from '@electric-sql/pglite'
import { openPglite } from './open-pglite.js'
import { serveConnection } from './serve-connection.js'
import { createTurns } from './take-turns.js'
import { tendDatabase } from './tend-database.js'

/**
 * The embedded PostgreSQL, in a thread of its own: `argv` is the data folder. Says `ready`
 * to its parent, and ends cleanly on any message, at once or after its guests. An exception here ends the process, as
 * a database that stopped half-way must.
 */
/** A command that shares this one's database ends soon. */
const GUESTS_MS = 30_000

const folder = process.argv[2] ?? ''
const socketPath = path.join(folder, '.s.PGSQL.5432')

// Listening comes before opening: the socket says that the folder is taken, and early clients wait for the greeting.
const opened = openPglite(path.join(folder, 'postgres'))
const greeting = opened.then(greet)
const turns = createTurns({
  execute: async (bytes, write) => {
    // PGlite hands out a view of its own memory, which the next message overwrites.
    await (await opened).execProtocolRawStream(bytes, { syncToFs: false, onRawData: (chunk) => write(chunk.slice()) })
  },
  inTransaction: () => database.isInTransaction(),
})
const sockets = new Set<Socket>()
const server = createServer((socket) => {
  sockets.add(socket.on('close', () => sockets.delete(socket)))
  serveConnection(socket, turns, greeting)
})
rmSync(socketPath, { force: true })
server.listen(socketPath, () => chmodSync(socketPath, 0o600))
const database = await opened
await greeting
tendDatabase(turns)
parentPort?.once('message', (how: unknown) => void stop(how === 'stop after guests' ? GUESTS_MS : 0))
parentPort?.postMessage('ready')

/** What the backend says to a start-up, once: the same for every connection, since user and database are. */
async function greet(pglite: PGlite): Promise<Buffer> {
  const parameters = Buffer.from('user\0postgres\0database\0postgres\0\0')
  const startup = Buffer.alloc(8 + parameters.length)
  startup.writeUInt32BE(startup.length, 0)
  startup.writeUInt32BE(0x30000, 4)
  parameters.copy(startup, 8)
  const chunks: Uint8Array[] = []
  await pglite.execProtocolRawStream(startup, { syncToFs: false, onRawData: (chunk) => chunks.push(chunk.slice()) })
  return Buffer.concat(chunks)
}

/** @param patience milliseconds that connections of other processes may take to end by themselves */
async function stop(patience: number): Promise<void> {
  server.close()
  const end = Date.now() + patience
  while (sockets.size > 0 && Date.now() < end) await pause(20)
  const gone = [...sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve).destroy()))
  await Promise.all(gone)
  await turns.idle()
  await database.close()
  rmSync(socketPath, { force: true })
  parentPort?.close()
}
