import { randomUUID } from 'node:crypto'
import { linkSync, readFileSync, readlinkSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'

/** What kind of process uses a folder. A command and a stopping server end soon. */
export type Role = 'server' | 'stopping' | 'command'

/** Identifies a process, also against a later one with the same ID and against one in another container. */
const ownerSchema = z.object({
  pid: z.int().positive(),
  started: z.string(),
  role: z.enum(['server', 'stopping', 'command']).default('server'),
  /** PID namespace, because process IDs are unique only within one; empty if the system has none. */
  namespace: z.string().default(''),
})
type Owner = z.output<typeof ownerSchema>

export type LockResult =
  | { ok: true; become: (role: Role) => void; release: () => void }
  | { ok: false; pid: number; role: Role; elsewhere: boolean }

/** Milliseconds between two heartbeats, for processes in other containers. */
const BEAT_MS = 2_000
/** Milliseconds without a heartbeat after which a process in another container is considered dead. */
const SILENT_MS = 15_000

/** Milliseconds. The takeover below takes microseconds, so an older one belongs to a process that was killed during it. */
const TAKEOVER_STALE_MS = 10_000

/**
 * Makes this process the only owner of a folder, until it calls `release` or ends. Takes over
 * a lock whose process is dead, or whose process ID now belongs to another process.
 */
export function lockDataDir(folder: string, role: Role): LockResult {
  const lock = path.join(folder, 'server.pid')
  const own = path.join(folder, `server.pid.${randomUUID()}`)
  const write = (as: Role) =>
    writeFileSync(
      own,
      JSON.stringify({ pid: process.pid, started: startOf(process.pid), role: as, namespace: namespace() }),
    )
  write(role)
  try {
    // link() fails if the lock exists, so two processes that start at the same time cannot both succeed.
    while (!attempt(() => linkSync(own, lock), 'EEXIST')) {
      const owner = readOwner(lock)
      if (owner && isAlive(owner, lock))
        return { ok: false, pid: owner.pid, role: owner.role, elsewhere: isElsewhere(owner) }
      removeStale(lock)
    }
    const beat = setInterval(() => attempt(() => utimesSync(lock, new Date(), new Date()), 'ENOENT'), BEAT_MS).unref()
    return {
      ok: true,
      become: (as) => {
        write(as)
        renameSync(own, lock)
      },
      release: () => {
        clearInterval(beat)
        rmSync(lock, { force: true })
      },
    }
  } finally {
    rmSync(own, { force: true })
  }
}

/** Removes a dead owner's lock. One process at a time; otherwise the second would remove the first one's new lock. */
function removeStale(lock: string): void {
  const takeover = `${lock}.takeover`
  if (!attempt(() => writeFileSync(takeover, '', { flag: 'wx' }), 'EEXIST')) {
    // A time in the future was written while a clock was wrong; waiting until then would block this process.
    const age = Math.abs(Date.now() - (statSync(takeover, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()))
    if (age > TAKEOVER_STALE_MS) rmSync(takeover, { force: true })
    return
  }
  try {
    const owner = readOwner(lock)
    if (!owner || !isAlive(owner, lock)) rmSync(lock, { force: true })
  } finally {
    rmSync(takeover, { force: true })
  }
}

/** @returns undefined if there is no lock, or if a crash of the machine truncated it */
function readOwner(lock: string): Owner | undefined {
  try {
    return ownerSchema.safeParse(JSON.parse(readFileSync(lock, 'utf8'))).data
  } catch {
    return undefined
  }
}

/** Returns this process's PID namespace, which differs between containers; empty if there is no /proc. */
function namespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

const isElsewhere = (owner: Owner): boolean => owner.namespace !== '' && owner.namespace !== namespace()

function isAlive(owner: Owner, lock: string): boolean {
  if (!isElsewhere(owner)) return isRunning(owner)
  const beat = statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? 0
  return Math.abs(Date.now() - beat) < SILENT_MS
}

function isRunning({ pid, started }: Owner): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (!hasCode(error, 'EPERM')) return false
  }
  return startOf(pid) === started
}

/**
 * Returns when a process started: the boot ID and the clock ticks since boot (proc(5), `stat`,
 * field 22). Empty if there is no /proc, so that only the process ID is compared, and for a
 * zombie (field 3), which has released everything and only waits for its parent.
 */
function startOf(pid: number): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is the command in parentheses and can contain spaces.
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return state === 'Z' ? '' : `${boot}/${fields[18] ?? ''}`
  } catch {
    return ''
  }
}

/** Runs an action; false if it failed with this code. */
function attempt(action: () => void, code: string): boolean {
  try {
    action()
    return true
  } catch (error) {
    if (hasCode(error, code)) return false
    throw error
  }
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code
