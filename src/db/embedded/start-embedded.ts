import { chmodSync, existsSync, mkdirSync } from 'node:fs'
import { connect } from 'node:net'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { SiteError } from '../../errors.js'
import { packageRoot } from '../../package-root.js'
import { withDataFolder } from '../../with-data-folder.js'
import { lockDataDir, type LockResult, type Role } from './lock-data-dir.js'

/** A running embedded database. */
export interface EmbeddedDatabase {
  /** Signals to other processes that this one will end soon, so that they wait instead of failing. */
  announceStop: () => void
  /** Stops the database if this process started it; otherwise does nothing. */
  stop: () => Promise<void>
}

/** Bytes. `sun_path` has 108 on Linux, 104 on macOS and the BSDs, including a terminating zero. */
const LONGEST_SOCKET_PATH = 103
/** Milliseconds that a process waits for one that is about to end: a command, or a server that is stopping. */
const PATIENCE_MS = 30_000
/** Milliseconds that a command waits for a starting server: creating the database takes long on a slow machine. */
const START_MS = 120_000

const socketOf = (folder: string): string => path.join(folder, '.s.PGSQL.5432')

/**
 * Starts the embedded PostgreSQL on a data folder and makes this process its owner. Waits for
 * a command that uses the folder, and for a server that is stopping.
 *
 * @throws SiteError `data_dir_in_use` with the owner's process ID if a server uses it
 */
export async function startEmbedded(folder: string): Promise<EmbeddedDatabase> {
  return await own(folder, 'server', Date.now() + PATIENCE_MS)
}

/**
 * Connects to the process that runs the database, a server or another command. If there is
 * none, starts the database for as long as this process and those that share it need it.
 */
export async function shareEmbedded(folder: string): Promise<EmbeddedDatabase> {
  const end = Date.now() + START_MS
  while (true) {
    try {
      return await own(folder, 'command', Date.now())
    } catch (error) {
      if (!isInUse(error)) throw error
      if (await greets(folder, end - Date.now())) return { announceStop: () => {}, stop: async () => {} }
      // The server might have locked the folder but not be listening yet, or have ended in the meantime.
      if (Date.now() > end) throw error
      await pause(50)
    }
  }
}

async function own(folder: string, role: Role, until: number): Promise<EmbeddedDatabase> {
  assertShortEnough(folder)
  withDataFolder(folder, () => prepare(folder))
  const lock = await take(folder, role, until)
  try {
    // The lock of an earlier release lacks the container's namespace, but its socket accepts connections.
    if (await isResponding(folder)) throw inUse(folder, 'another process')
    const worker = await startWorker(folder)
    return {
      announceStop: () => lock.become('stopping'),
      stop: async () => stopWorker(worker, role).finally(lock.release),
    }
  } catch (error) {
    lock.release()
    throw error
  }
}

function prepare(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  // PGlite creates world-readable files, so the folder itself must deny access to other users, also if it existed before.
  chmodSync(folder, 0o700)
}

/** Waits until the folder is free if its owner will end soon, or might be a dead process of another container. */
async function take(folder: string, role: Role, until: number): Promise<Extract<LockResult, { ok: true }>> {
  while (true) {
    const lock = withDataFolder(folder, () => lockDataDir(folder, role))
    if (lock.ok) return lock
    const willEnd = lock.role !== 'server' || (lock.elsewhere && !(await isResponding(folder)))
    if (!willEnd || Date.now() >= until)
      throw inUse(folder, lock.elsewhere ? 'a process in another container' : `process ${lock.pid}`)
    await pause(50)
  }
}

const isInUse = (error: unknown): boolean => error instanceof SiteError && error.code === 'data_dir_in_use'

function assertShortEnough(folder: string): void {
  if (Buffer.byteLength(socketOf(folder)) <= LONGEST_SOCKET_PATH) return
  throw new SiteError(
    'data_dir_too_long',
    `The path in DATA_DIR is too long for the database socket: ${folder}`,
    `Choose a folder whose path is at most ${LONGEST_SOCKET_PATH - '/.s.PGSQL.5432'.length} bytes long, or use PostgreSQL with DATABASE_URL.`,
  )
}

const inUse = (folder: string, owner: string): SiteError =>
  new SiteError(
    'data_dir_in_use',
    `The data folder ${folder} is in use by ${owner}.`,
    'Stop that process, choose another DATA_DIR, or use PostgreSQL with DATABASE_URL to run several servers.',
  )

/** Whether a server listens on the folder's socket. The socket file of a killed server accepts no connection. */
async function isResponding(folder: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(socketOf(folder))
    const settle = (isListening: boolean) => {
      socket.destroy()
      resolve(isListening)
    }
    socket.once('connect', () => settle(true)).once('error', () => settle(false))
  })
}

/** StartupMessage with protocol 3.0, user and database `postgres`; and Terminate (PostgreSQL's documentation, 54.7). */
const STARTUP = Buffer.from('\0\0\0\x29\0\x03\0\0user\0postgres\0database\0postgres\0\0', 'latin1')
const TERMINATE = Buffer.from('X\0\0\0\x04', 'latin1')

/** Whether the server on the folder's socket responds to a start-up message. Waits while it starts. False if it cannot be reached or ends. */
async function greets(folder: string, milliseconds: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(socketOf(folder), () => socket.write(STARTUP))
    const timer = setTimeout(() => socket.destroy(), milliseconds)
    socket.once('data', () => {
      resolve(true)
      socket.end(TERMINATE)
    })
    socket
      .on('error', () => {})
      .once('close', () => {
        clearTimeout(timer)
        resolve(false)
      })
  })
}

async function startWorker(folder: string): Promise<Worker> {
  const file = path.join(packageRoot, 'dist', 'app', 'embedded-worker.js')
  if (!existsSync(file))
    throw new SiteError('package_incomplete', `${file} is missing.`, 'Run `npm run build`, or reinstall the package.')
  const worker = new Worker(file, { argv: [folder], execArgv: [] })
  await new Promise((resolve, reject) =>
    worker.once('message', resolve).once('error', (cause: Error) => reject(cannotOpen(folder, cause))),
  )
  // From here on an 'error' has no listener and ends the process, which cannot work without its database.
  worker.removeAllListeners('error').once('exit', endWithoutDatabase)
  return worker
}

const cannotOpen = (folder: string, cause: Error): SiteError =>
  new SiteError(
    'embedded_database_unreadable',
    `The embedded database in ${folder} cannot be opened (${cause.message.split('\n')[0]}).`,
    'Check that every file in that folder belongs to the user who runs this program and that the disk is not full. If both are fine, restore a backup.',
    { cause },
  )

function endWithoutDatabase(): never {
  throw new SiteError('embedded_database_ended', 'The embedded database stopped unexpectedly.', 'Start again.')
}

async function stopWorker(worker: Worker, role: Role): Promise<void> {
  worker.off('exit', endWithoutDatabase)
  const ended = new Promise((resolve) => worker.once('exit', resolve))
  worker.postMessage(role === 'command' ? 'stop after guests' : 'stop')
  await ended
}
