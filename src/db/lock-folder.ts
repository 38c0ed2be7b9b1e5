import { randomUUID } from 'node:crypto'
import { linkSync, readFileSync, readlinkSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'

/** What kind of process has a folder: a command ends soon, a server that is stopping does as well. */
export type Role = 'server' | 'stopping' | 'command'

/** A process that can be told from a later one with the same id, and from one in another container. */
const ownerSchema = z.object({
  pid: z.int().positive(),
  started: z.string(),
  role: z.enum(['server', 'stopping', 'command']).default('server'),
  /** Process ids mean something in one namespace only; empty if there are none. */
  namespace: z.string().default(''),
})
type Owner = z.output<typeof ownerSchema>

export type LockResult =
  | { ok: true; become: (role: Role) => void; release: () => void }
  | { ok: false; pid: number; role: Role; elsewhere: boolean }

/** Milliseconds between two signs of life, for processes that cannot see this one. */
const BEAT_MS = 2_000
/** Milliseconds without one, after which a process that cannot be seen counts as dead. */
const SILENT_MS = 15_000

/** The takeover below lasts microseconds; one this old was left by a process that was killed in it. */
const TAKEOVER_STALE_MS = 10_000

/**
 * Makes this process the one owner of a folder, until it calls `release` or ends. A lock
 * whose process is dead, or whose id belongs to another process by now, is taken over.
 */
export function lockFolder(folder: string, role: Role): LockResult {
  const lock = path.join(folder, 'server.pid')
  const own = path.join(folder, `server.pid.${randomUUID()}`)
  const write = (as: Role) =>
    writeFileSync(
      own,
      JSON.stringify({ pid: process.pid, started: startOf(process.pid), role: as, namespace: namespace() }),
    )
  write(role)
  try {
    // link() fails where the lock exists, so that two starters cannot both succeed.
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

/** Removes a dead owner's lock. One process at a time, or the second would remove the first one's new lock. */
function removeStale(lock: string): void {
  const takeover = `${lock}.takeover`
  if (!attempt(() => writeFileSync(takeover, '', { flag: 'wx' }), 'EEXIST')) {
    // A time in the future was written while a clock was wrong. Waiting for it would block this process for as long.
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

/** Undefined where there is none, or one that was cut off by a crash of the machine. */
function readOwner(lock: string): Owner | undefined {
  try {
    return ownerSchema.safeParse(JSON.parse(readFileSync(lock, 'utf8'))).data
  } catch {
    return undefined
  }
}

/** The namespace of this process's ids, which each container has for itself; empty where there is no /proc. */
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
 * When a process started: boot and clock ticks since (proc(5), `stat`, fields 3 and 22).
 * Empty where there is no /proc, and then the process id alone decides; and for a zombie,
 * which holds nothing any more but stays until its parent asks.
 */
function startOf(pid: number): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is the command in parentheses and may hold spaces.
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
