import { chmodSync, existsSync, mkdirSync } from 'node:fs'
import { connect } from 'node:net'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { SiteError } from '../errors.js'
import { root } from '../root.js'
import { lockFolder } from './lock-folder.js'

/** A running embedded database; `stop` is for whoever started it and does nothing for others. */
export interface Embedded {
  stop: () => Promise<void>
}

/** `sun_path` has 108 bytes on Linux, 104 on macOS and the BSDs, each with a closing zero. */
const LONGEST_SOCKET_PATH = 103
const SHARE_TIMEOUT_MS = 15_000

const socketOf = (folder: string): string => path.join(folder, '.s.PGSQL.5432')

/**
 * Starts the embedded PostgreSQL on a data folder and makes this process its owner.
 * Throws `data_dir_in_use` with the owner's process id where another process has it.
 */
export async function startEmbedded(folder: string): Promise<Embedded> {
  assertShortEnough(folder)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  // One that was there before, too: PGlite makes its files readable to all, and so this is their lock.
  chmodSync(folder, 0o700)
  const lock = lockFolder(folder)
  if (!lock.ok) throw inUse(folder, `process ${lock.pid}`)
  try {
    // Process ids say nothing across containers that share the folder; a socket that answers does.
    if (await answers(folder)) throw inUse(folder, 'another process')
    const worker = await startWorker(folder)
    return { stop: async () => stopWorker(worker).finally(lock.release) }
  } catch (error) {
    lock.release()
    throw error
  }
}

/** Uses the server that has the folder, or starts one for as long as this process needs it. */
export async function shareEmbedded(folder: string): Promise<Embedded> {
  const end = Date.now() + SHARE_TIMEOUT_MS
  while (true) {
    if (await answers(folder)) return { stop: async () => {} }
    try {
      return await startEmbedded(folder)
    } catch (error) {
      // The owner may be between taking the folder and listening, or on its way out.
      if (!(error instanceof SiteError && error.code === 'data_dir_in_use') || Date.now() > end) throw error
      await pause(50)
    }
  }
}

function assertShortEnough(folder: string): void {
  if (Buffer.byteLength(socketOf(folder)) <= LONGEST_SOCKET_PATH) return
  throw new SiteError(
    'data_dir_too_long',
    `DATA_DIR is too long for the database's socket: ${folder}`,
    `Choose a folder whose path has at most ${LONGEST_SOCKET_PATH - '/.s.PGSQL.5432'.length} bytes, or use PostgreSQL with DATABASE_URL.`,
  )
}

const inUse = (folder: string, owner: string): SiteError =>
  new SiteError(
    'data_dir_in_use',
    `The data folder ${folder} is in use by ${owner}.`,
    'Stop that process first, choose another DATA_DIR, or use PostgreSQL with DATABASE_URL to run several.',
  )

/** Whether a server listens on the folder's socket; a file that a killed server left refuses. */
async function answers(folder: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(socketOf(folder))
    const settle = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => settle(true)).once('error', () => settle(false))
  })
}

async function startWorker(folder: string): Promise<Worker> {
  const file = path.join(root, 'dist', 'app', 'embedded-worker.js')
  if (!existsSync(file))
    throw new SiteError(
      'package_incomplete',
      `${file} is missing.`,
      'Run `npm run build`, or install the package again.',
    )
  const worker = new Worker(file, { argv: [folder], execArgv: [] })
  await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
  // From here nobody listens for an 'error': the process ends, as it must without its database.
  worker.removeAllListeners('error').once('exit', endWithoutDatabase)
  return worker
}

function endWithoutDatabase(): never {
  throw new SiteError('embedded_database_ended', 'The embedded database ended unexpectedly.', 'Start again.')
}

async function stopWorker(worker: Worker): Promise<void> {
  worker.off('exit', endWithoutDatabase)
  const ended = new Promise((resolve) => worker.once('exit', resolve))
  worker.postMessage('stop')
  await ended
}
