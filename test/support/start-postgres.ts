import { spawn, spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, statfsSync } from 'node:fs'
import { createServer } from 'node:net'
import { availableParallelism, tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'

export interface PostgresCluster {
  /** URL of the database `postgres`, for an account that can create databases. */
  url: string
  stop: () => Promise<void>
}

/**
 * Waits for its standard input to close, so that the server stops with the test run, even if that
 * is killed. INT is the fast shutdown, which does not wait for clients.
 */
const GUARD = '"$@" & server=$!; read -r _; kill -INT $server; wait $server; rm -rf "$FOLDER"'

/** Faster, but a crash of the machine can lose all data, which is fine for tests. */
const NOT_DURABLE = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }

/**
 * Starts a private cluster that is deleted when it stops. Returns undefined if PostgreSQL is not installed.
 *
 * @param settings of the server, in addition to the defaults
 */
export async function startPostgres(
  settings: Readonly<Record<string, string>> = NOT_DURABLE,
): Promise<PostgresCluster | undefined> {
  const binaries = findBinaries()
  if (!binaries) return undefined
  const account = unprivileged()
  const folder = mkdtempSync(path.join(parentFolder(), 'otp-pg-'))
  if (account) chownSync(folder, account.uid, account.gid)
  const cluster = path.join(folder, 'cluster')
  const initdb = spawnSync(
    path.join(binaries, 'initdb'),
    ['-D', cluster, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    { ...account, cwd: folder, encoding: 'utf8' },
  )
  if (initdb.status !== 0) throw new Error(`initdb failed: ${initdb.stderr}`)
  return await startServer(binaries, folder, account, settings)
}

/** Gigabytes: what the databases of a run need, several times over. */
const ROOM = 2

/**
 * Returns the memory file system if there is one with enough room: a run creates and deletes a hundred
 * thousand files of databases. Otherwise the temporary folder.
 */
function parentFolder(): string {
  const memory = '/dev/shm'
  if (!existsSync(memory)) return tmpdir()
  const { bavail, bsize } = statfsSync(memory)
  return (bavail * bsize) / 2 ** 30 > ROOM ? memory : tmpdir()
}

async function startServer(
  binaries: string,
  folder: string,
  account: Account | undefined,
  settings: Readonly<Record<string, string>>,
): Promise<PostgresCluster> {
  const port = await freePort()
  // Each vitest worker runs one file at a time, with a site or two of twenty connections each.
  const connections = Math.max(200, 60 * availableParallelism())
  const place = { port, listen_addresses: '127.0.0.1', unix_socket_directories: folder, max_connections: connections }
  const all = { ...place, log_min_messages: 'panic', ...settings }
  const cluster = path.join(folder, 'cluster')
  const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const guard = spawn('sh', ['-c', GUARD, 'sh', path.join(binaries, 'postgres'), '-D', cluster, ...flags], {
    ...account,
    cwd: folder,
    env: { ...process.env, FOLDER: folder },
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  await untilReady(url)
  const stop = async () => {
    const ended = new Promise((resolve) => guard.once('exit', resolve))
    guard.stdin?.end()
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
  return { url, stop }
}

/** Finds the folder of `initdb` and `postgres`: on the path, or in Debian's folders, the newest first. */
function findBinaries(): string | undefined {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).toSorted((a, b) => Number(b) - Number(a)) : []
  const folders = [...(process.env.PATH ?? '').split(':'), ...versions.map((version) => `${debian}/${version}/bin`)]
  return folders.find((folder) => ['initdb', 'postgres'].every((name) => existsSync(path.join(folder, name))))
}

interface Account {
  uid: number
  gid: number
}

/** PostgreSQL does not run as root. With any other account, it runs as that one. */
function unprivileged(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined
  return { uid: idOfNobody('-u'), gid: idOfNobody('-g') }
}

const idOfNobody = (flag: '-u' | '-g'): number => Number(spawnSync('id', [flag, 'nobody'], { encoding: 'utf8' }).stdout)

async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

async function untilReady(url: string): Promise<void> {
  const end = Date.now() + 120_000
  while (true) {
    const client = new Client({ connectionString: url })
    try {
      await client.connect()
      return await client.end()
    } catch (error) {
      if (Date.now() > end) throw error
      await pause(20)
    }
  }
}

/** Returns the URL of another database on the same server. */
export function databaseUrl(server: string, name: string): string {
  const url = new URL(server)
  url.pathname = `/${name}`
  return url.href
}

/** Runs one statement on a separate connection. */
export async function runSql(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
