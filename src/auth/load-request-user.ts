import type { Request, RequestHandler } from 'express'
import { isAhead } from '../clock.js'
import { speak } from '../http/choose-language.js'
import { SessionStore } from '../http/session-store.js'
import type { Auth } from './auth.js'
import { anonymous, type Factor, stateOf } from './auth-state.js'
import { asOwnerHasIt } from './host-users/as-owner-has-it.js'
import type { HostUser } from './host-users/users-adapter.js'
import { policyOf, sessionLimits } from './policy.js'
import { readUser, type UserRow } from './read-user.js'
import type { RequestUser } from './request-user.js'
import type { PassedFactor } from './session.js'
import { trustDays } from './trusted-browser/trust-days.js'
import { parsePersistentId, persistentId } from '../otp/persistent-id.js'

/**
 * Sets `req.auth` and `req.user` from the session and the database, afresh for every request
 * and in one query, and the language where that user chose one. A user who is inactive or
 * whose epoch has moved on is nobody; a device that is gone or switched off verifies no
 * longer. A session that has lasted as long as its owner's policy allows is over. What does
 * not hold is taken out of the session. Nobody else writes either of them.
 */
export function loadRequestUser(auth: Auth): RequestHandler {
  return async (req, _res, next) => {
    await readRequestUser(auth, req)
    next()
  }
}

/** The same for a request that took its time, of whose session nothing may be left. */
export async function readAgain(auth: Auth, req: Request): Promise<void> {
  const stands = await new Promise<boolean>((resolve) => req.session.reload((error: unknown) => resolve(!error)))
  if (stands) return readRequestUser(auth, req)
  req.auth = anonymous
  delete req.user
}

/** The same after something was written to the session, so that the rest of the request sees it. */
export async function readRequestUser(auth: Auth, req: Request): Promise<void> {
  req.auth = anonymous
  delete req.user
  if (!hasSession(req) || req.session.userId === undefined) return
  const now = auth.clock.now()
  settleTimes(req.session, now)
  const passed = req.session.factors ?? []
  const row = await asOwnerHasIt(auth, await readUser(auth, req.session.userId, passed, now))
  if (!row || row.auth_epoch !== req.session.epoch || isOver(auth, req, row, now)) return forgetSession(req)
  const standing = passed.filter((factor) => stands(auth, factor, row))
  if (standing.length < passed.length) req.session.factors = standing
  const factors = standing.map(toFactor)
  req.user = withPerson(toRequestUser(row, factors), 'person' in row ? row.person : null)
  req.auth = stateOf(req.user, factors, now)
  speak(req, row.locale)
}

/**
 * Corrects what was written while a clock was wrong, for good: a session began now at the
 * latest, and a token from the future is as old as one can be, so that it opens nothing that
 * asks for a fresh one.
 */
function settleTimes(session: Request['session'], now: Date): void {
  const { signedInAt, factors } = session
  if (signedInAt !== undefined && isAhead(new Date(signedInAt), now)) session.signedInAt = now.getTime()
  if (!factors?.some(({ at }) => isAhead(new Date(at), now))) return
  session.factors = factors.map((factor) =>
    isAhead(new Date(factor.at), now) ? { ...factor, at: now.getTime() - STALE_MS } : factor,
  )
}

/** No session lasts longer. */
const STALE_MS = 24 * 3600 * 1000

/** express-session passes over targets that are no path, such as `*`. */
const hasSession = (req: Request): boolean => Reflect.get(req, 'session') !== undefined

/** The store ends sessions after an hour without a request; a stricter policy does before that. */
function isOver({ config }: Auth, req: Request, row: UserRow, now: Date): boolean {
  const { overall, inactivity } = sessionLimits(policyOf(config, { isStaff: row.is_staff, groups: row.groups }))
  const seen = req.sessionStore instanceof SessionStore ? req.sessionStore.lastSeen(req) : null
  const isOlder = (than: number, since: number) => now.getTime() - since > than * 1000
  return isOlder(overall, req.session.signedInAt ?? 0) || (seen !== null && isOlder(inactivity, seen.getTime()))
}

/** A trusted browser answers as long as its row stands, and the policy knows such browsers. */
function stands(auth: Auth, { device, trustedBrowser }: PassedFactor, row: UserRow): boolean {
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

/** Not enumerable: an answer or a log that writes down `req.user` says nothing of what the application keeps of a person. */
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
