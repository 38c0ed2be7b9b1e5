import type { Request, RequestHandler } from 'express'
import { speak } from '../http/choose-language.js'
import type { Auth } from './auth.js'
import { anonymous, type Factor, stateOf } from './auth-state.js'
import { readUser, type UserRow } from './read-user.js'
import type { RequestUser } from './request-user.js'
import type { PassedFactor } from './session.js'
import { parsePersistentId, persistentId } from '../otp/persistent-id.js'

/** However busy: NIST SP 800-63B-4 §2.2.3 wants an end within 24 hours. */
const SESSION_MS = 24 * 3600 * 1000

/**
 * Sets `req.auth` and `req.user` from the session and the database, afresh for every request
 * and in one query, and the language where that user chose one. A user who is inactive or
 * whose epoch has moved on is nobody; a device that is gone or switched off verifies no
 * longer. What does not hold is taken out of the session. Nobody else writes either of them.
 */
export function loadRequestUser(auth: Auth): RequestHandler {
  return async (req, _res, next) => {
    req.auth = anonymous
    delete req.user
    if (req.session.userId === undefined) return next()
    const now = auth.clock.now()
    const passed = req.session.factors ?? []
    const row = await readUser(auth, req.session.userId, passed, now)
    const tooOld = now.getTime() - (req.session.signedInAt ?? 0) > SESSION_MS
    if (!row || tooOld || row.auth_epoch !== req.session.epoch) return forgetSession(req, next)
    const standing = passed.filter((factor) => stands(factor, row))
    if (standing.length < passed.length) req.session.factors = standing
    const factors = standing.map(toFactor)
    req.user = toRequestUser(row, factors)
    req.auth = stateOf(req.user, factors, now)
    speak(req, row.locale)
    next()
  }
}

function stands({ device, trustedBrowser }: PassedFactor, row: UserRow): boolean {
  if (trustedBrowser !== undefined && !row.standing_browsers.includes(trustedBrowser)) return false
  return device === null || row.standing_devices.includes(device)
}

function toFactor({ kind, device, at, how }: PassedFactor): Factor {
  const named = device === null ? null : parsePersistentId(device)
  return { kind, device: named && persistentId(named.kind, named.id), at: new Date(at), how }
}

function toRequestUser(row: UserRow, factors: readonly Factor[]): RequestUser {
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

function forgetSession(req: Request, next: (error?: unknown) => void): void {
  req.session.regenerate((error: unknown) => (error ? next(error) : next()))
}
