import { chmodSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parentPort } from 'node:worker_threads'
import type { PGlite } from '@electric-sql/pglite'
import { openPglite } from './open-pglite.js'
import { serveConnection } from './serve-connection.js'
import { createScheduler } from './backend-scheduler.js'
import { startMaintenance } from './maintenance.js'

/**
 * Runs the embedded PostgreSQL in a worker thread; `argv` is the data folder. Posts `ready` to
 * its parent and stops cleanly on any message: at once, or on `stop after guests` when the
 * other processes have disconnected. An exception here ends the whole process, because the
 * process cannot work without its database.
 */

/** Milliseconds that commands which share this process's database get to finish. */
const GUESTS_MS = 30_000

const folder = process.argv[2] ?? ''
const socketPath = path.join(folder, '.s.PGSQL.5432')

// Listens before the database is open: the socket shows that the folder is in use, and early clients wait for the greeting.
const opened = openPglite(path.join(folder, 'postgres'))
const greeting = opened.then(greet)
const turns = createScheduler({
  execute: async (bytes, write) => {
    // PGlite returns a view of its memory, which the next message overwrites.
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
startMaintenance(turns)
parentPort?.once('message', (message: unknown) => void stop(message === 'stop after guests' ? GUESTS_MS : 0))
parentPort?.postMessage('ready')

/** Reads the backend's response to a start-up message. It is the same for every connection, because user and database are. */
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

/** @param patience milliseconds that other processes get to close their connections */
async function stop(patience: number): Promise<void> {
  server.close()
  const end = Date.now() + patience
  while (sockets.size > 0 && Date.now() < end) await pause(20)
  const closed = [...sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve).destroy()))
  await Promise.all(closed)
  await turns.idle()
  await database.close()
  rmSync(socketPath, { force: true })
  parentPort?.close()
}
