import type { Request, RequestHandler } from 'express'
import { isAhead } from '../clock.js'
import { setLanguage } from '../http/client/negotiate-language.js'
import { SessionStore } from '../http/sessions/session-store.js'
import type { Auth } from './auth.js'
import { anonymous, type Factor, createAuthState } from './auth-state.js'
import { refreshUserRow } from './refresh-host-user.js'
import type { HostUser } from './host-users/users-adapter.js'
import { policyOf, sessionLimits } from './policy/policy.js'
import { readUser, type UserRow } from './read-user.js'
import type { RequestUser } from './request-user.js'
import type { PassedFactor } from './session/session.js'
import { trustDays } from './policy/trust-days.js'
import { parsePersistentId, persistentId } from '../otp/devices/persistent-id.js'

/**
 * Sets `req.auth` and `req.user` from the session and the database, for every request and in one
 * query, and the language if the user chose one. The request is anonymous if the user is inactive,
 * their epoch has changed, or the session is older than the policy allows; the session then ends.
 * Factors whose device was removed or disabled are removed from the session. No other code
 * sets these two properties.
 */
export function loadRequestUser(auth: Auth): RequestHandler {
  return async (req, _res, next) => {
    await refreshRequestUser(auth, req)
    next()
  }
}

/** Reloads the session and the user of a long request, because the session may have ended in the meantime. */
export async function reloadSessionAndUser(auth: Auth, req: Request): Promise<void> {
  const exists = await new Promise<boolean>((resolve) => req.session.reload((error: unknown) => resolve(!error)))
  if (exists) return refreshRequestUser(auth, req)
  req.auth = anonymous
  delete req.user
}

/** Sets `req.auth` and `req.user` again after the session was changed, for the rest of the request. */
export async function refreshRequestUser(auth: Auth, req: Request): Promise<void> {
  req.auth = anonymous
  delete req.user
  if (!hasSession(req) || req.session.userId === undefined) return
  const now = auth.clock.now()
  correctTimes(req.session, now)
  const passed = req.session.factors ?? []
  const row = await refreshUserRow(auth, await readUser(auth, req.session.userId, passed, now))
  if (!row || row.auth_epoch !== req.session.epoch || isOver(auth, req, row, now)) return forgetSession(req)
  const valid = passed.filter((factor) => isValid(auth, factor, row))
  if (valid.length < passed.length) req.session.factors = valid
  const factors = valid.map(toFactor)
  req.user = withPerson(toRequestUser(row, factors), 'person' in row ? row.person : null)
  req.auth = createAuthState(req.user, factors, now)
  setLanguage(req, row.locale)
}

/**
 * Corrects times in the session that were written while a clock was wrong. A session that starts in
 * the future starts now. A token from the future becomes as old as possible, so that it is not
 * accepted as a fresh one.
 */
function correctTimes(session: Request['session'], now: Date): void {
  const { signedInAt, factors } = session
  if (signedInAt !== undefined && isAhead(new Date(signedInAt), now)) session.signedInAt = now.getTime()
  if (!factors?.some(({ at }) => isAhead(new Date(at), now))) return
  session.factors = factors.map((factor) =>
    isAhead(new Date(factor.at), now) ? { ...factor, at: now.getTime() - STALE_MS } : factor,
  )
}

/** The longest that a session lasts. */
const STALE_MS = 24 * 3600 * 1000

/** express-session gives no session to request targets that are not a path, such as `*`. */
const hasSession = (req: Request): boolean => Reflect.get(req, 'session') !== undefined

/** Whether the policy ends the session. The store ends it after an hour without a request, a strict policy earlier. */
function isOver({ config }: Auth, req: Request, row: UserRow, now: Date): boolean {
  const { overall, inactivity } = sessionLimits(policyOf(config, { isStaff: row.is_staff, groups: row.groups }))
  const seen = req.sessionStore instanceof SessionStore ? req.sessionStore.lastSeen(req) : null
  const isOlder = (than: number, since: number) => now.getTime() - since > than * 1000
  return isOlder(overall, req.session.signedInAt ?? 0) || (seen !== null && isOlder(inactivity, seen.getTime()))
}

/** Whether a factor is still valid: its device is active, or its browser is trusted and the policy allows that. */
function isValid(auth: Auth, { device, trustedBrowser }: PassedFactor, row: UserRow): boolean {
  if (trustedBrowser !== undefined) {
    const mayTrust = trustDays(auth, { isStaff: row.is_staff, groups: row.groups }) > 0
    if (!mayTrust || !row.standing_browsers.includes(trustedBrowser)) return false
  }
  return device === null || row.standing_devices.includes(device)
}

function toFactor({ kind, device, at, how }: PassedFactor): Factor {
  const named = device === null ? null : parsePersistentId(device)
  return { kind, device: named && persistentId(named.kind, named.id), at: new Date(at), how }
}

/** Adds the host's user, not enumerable: a response or log with `req.user` must not contain the host's data. */
function withPerson(user: Omit<RequestUser, 'person'>, person: HostUser | null): RequestUser {
  return Object.defineProperties({ ...user, person }, { person: { enumerable: false } })
}

function toRequestUser(row: UserRow, factors: readonly Factor[]): Omit<RequestUser, 'person'> {
  const otpDevice = factors.findLast(({ device }) => device !== null)?.device ?? null
  return {
    id: row.id,
    email: row.email,
    name: row.name,
    isStaff: row.is_staff,
    isSuperuser: row.is_superuser,
    groups: row.groups,
    policySince: row.policy_since,
    isVerified: () => otpDevice !== null,
    otpDevice,
  }
}

function forgetSession(req: Request): Promise<void> {
  return new Promise((resolve, reject) =>
    req.session.regenerate((error: unknown) => (error ? reject(error) : resolve())),
  )
}
