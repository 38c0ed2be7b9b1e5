/** The highest level that two sessions of one user can have, in the shortest form. Times are in seconds. */

export type Level = 'anonymous' | 'authenticated' | 'verified'
export const RANKS: readonly Level[] = ['anonymous', 'authenticated', 'verified']

const DAY = 24 * 3600
const LOGIN_TIMEOUT = 600
const FRESH = 300

interface ModelSession {
  /** The user's epoch when the session, or the wait for its token, began. */
  epoch: number
  signedInAt: number | null
  /** When the password was correct; null if no token is awaited. */
  pendingAt: number | null
  /** By device: when its last token was entered. */
  given: Map<string, number>
}

const nobody = (): ModelSession => ({ epoch: -1, signedInAt: null, pendingAt: null, given: new Map() })

export class LevelModel {
  now = 0
  epoch = 0
  /** Persistent IDs of confirmed devices, including sets of backup tokens. */
  readonly devices = new Set<string>()
  /** By device: the last time step whose code was accepted (RFC 6238 §5.2). */
  readonly steps = new Map<string, number>()
  readonly sessions: [ModelSession, ModelSession] = [nobody(), nobody()]

  level(which: 0 | 1): Level {
    const { signedInAt, epoch, given } = this.sessions[which]
    if (signedInAt === null || epoch !== this.epoch || this.now - signedInAt > DAY) return 'anonymous'
    return [...given.keys()].some((device) => this.devices.has(device)) ? 'verified' : 'authenticated'
  }

  isFresh(which: 0 | 1): boolean {
    if (this.level(which) === 'anonymous') return false
    const isRecent = ([device, at]: [string, number]) => this.devices.has(device) && this.now - at <= FRESH
    return this.devices.size === 0 || [...this.sessions[which].given].some(isRecent)
  }

  password(which: 0 | 1): void {
    this.sessions[which] = { ...nobody(), epoch: this.epoch }
    if (this.devices.size > 0) this.sessions[which].pendingAt = this.now
    else this.sessions[which].signedInAt = this.now
  }

  mayGive(which: 0 | 1, device: string, step: number): boolean {
    const { pendingAt, epoch } = this.sessions[which]
    const awaited = pendingAt !== null && epoch === this.epoch && this.now - pendingAt <= LOGIN_TIMEOUT
    return (awaited || this.level(which) === 'authenticated') && this.accepts(device, step)
  }

  mayStepUp(which: 0 | 1, device: string, step: number): boolean {
    return this.level(which) === 'verified' && this.accepts(device, step)
  }

  accepts(device: string, step: number): boolean {
    return this.devices.has(device) && step > (this.steps.get(device) ?? -1)
  }

  /** A token signed in: the 24 hours begin. */
  signIn(which: 0 | 1, device: string, step: number): void {
    const given = this.level(which) === 'anonymous' ? new Map<string, number>() : this.sessions[which].given
    this.sessions[which] = { epoch: this.epoch, signedInAt: this.now, pendingAt: null, given }
    this.give(which, device, step)
  }

  give(which: 0 | 1, device: string, step: number): void {
    this.sessions[which].given.set(device, this.now)
    this.steps.set(device, step)
  }

  /** @param alone no other app is left, so the backup tokens are removed too */
  remove(device: string, alone: boolean): void {
    if (alone) this.devices.clear()
    else this.devices.delete(device)
  }

  /** Every other session ends. @param keeps what this session has verified */
  raiseEpoch(which: 0 | 1, keeps: boolean): void {
    const before = this.sessions[which]
    this.epoch += 1
    this.sessions[which] = keeps
      ? { ...before, epoch: this.epoch }
      : { ...nobody(), epoch: this.epoch, signedInAt: this.now }
  }

  signOut(which: 0 | 1): void {
    this.sessions[which] = nobody()
  }
}
