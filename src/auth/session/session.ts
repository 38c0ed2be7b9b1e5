import type { Request, Response } from 'express'
import type { SessionData } from 'express-session'
import { readClientInfo } from '../../http/client/read-client-info.js'
import { SessionStore } from '../../http/sessions/session-store.js'
import { sessionCookieName } from '../../http/sessions/sessions.js'
import type { Device, PersistentId } from '../../otp/device.js'
import { newAsker } from '../asker.js'
import type { FactorMethod } from '../auth-state.js'

/** Milliseconds since 1970. */
type Moment = number

/** One factor that this session has passed (src/auth/auth-state.ts). */
export interface PassedFactor {
  /** `password`, `invitation`, or the kind of the device. */
  kind: string
  /** Persistent ID of the device. Null if the factor is not a device. */
  device: PersistentId | null
  at: Moment
  how: FactorMethod
  /** ID in `trusted_browsers` if a trusted browser was accepted instead of a token. */
  trustedBrowser?: number
}

declare module 'express-session' {
  /** Contains IDs and times only. The data behind them is read from the database for each request. */
  interface SessionData {
    userId: number
    /** The user's `auth_epoch` when the session began. The session ends when the user's changes. */
    epoch: number
    signedInAt: Moment
    /** Passed factors, oldest first. Only the newest one of each device. */
    factors: PassedFactor[]
    /** Between password and token. The user is not signed in yet. */
    pending: { userId: number; epoch: number; at: Moment }
    /**
     * Posted forms that wait for a fresh token, oldest first: ID in `kept_requests` and path. `isAside`: only
     * the page that names it completes it.
     */
    pendingForms: { id: string; url: string; isAside?: boolean }[]
    /** IP address of the sign-in, for the user's list of sessions. */
    address: string | null
    browser: string | null
    /** When an invitation started this session, which can only be used to set up a device. */
    invitedAt: Moment
    /** The device that is being set up. Its secret is encrypted in its row. */
    setup: { device: string; at: Moment }
    /** Setups of other kinds that were started earlier, in other tabs. */
    otherSetups: { device: string; at: Moment }[]
    /** The code that this session requested. It does not work in any other session (ASVS 6.6.2). */
    challenge: { device: string; id: string }
    /** The codes that it requested from other devices before. */
    otherChallenges: { device: string; id: string }[]
  }
}

interface Identity {
  id: number
  authEpoch: number
}

/**
 * Stores, after a correct password, which user has to enter a token, under a new session ID. A code
 * or a security key challenge that this browser requested for the same user in another tab stays valid.
 */
export async function startPending(req: Request, user: Identity, now: Date): Promise<void> {
  const { asker = newAsker(), pending, challenge, otherChallenges, keyChallenge } = req.session
  await newSessionId(req)
  req.session.asker = asker
  if (pending?.userId === user.id && pending.epoch === user.authEpoch) {
    if (challenge) Object.assign(req.session, { challenge, ...(otherChallenges && { otherChallenges }) })
    if (keyChallenge?.purpose === 'verify') req.session.keyChallenge = keyChallenge
  }
  req.session.pending = { userId: user.id, epoch: user.authEpoch, at: now.getTime() }
}

/**
 * Signs a user in under a new session ID (ASVS 7.2.4). An earlier sign-in of this browser ends.
 *
 * @param passed the passed factors, oldest first
 */
export async function startSession(
  req: Request,
  user: Identity,
  passed: readonly PassedFactor[],
  now: Date,
): Promise<void> {
  await newSessionId(req)
  Object.assign(req.session, newSessionData(req, user, passed, now))
}

/** Returns the data of a new session after a sign-in. */
export function newSessionData(
  req: Request,
  user: Identity,
  passed: readonly PassedFactor[],
  now: Date,
): Partial<SessionData> {
  const { address, browser } = readClientInfo(req)
  return { userId: user.id, epoch: user.authEpoch, signedInAt: now.getTime(), address, browser, factors: [...passed] }
}

/**
 * Returns the data of a session that continues under a new ID (ASVS 7.2.4), for example after a
 * step-up or a setup. Its start does not change: only a sign-in starts a new 24 hours.
 *
 * @param passed the factor that was passed now, or null
 */
export function continuedData({ session }: Request, passed: PassedFactor | null): Partial<SessionData> {
  // Everything but the cookie. express-session's methods are not copied, because they are not own properties.
  const { cookie: _, ...data }: Partial<SessionData> = session
  if (!passed) return data
  const others = (data.factors ?? []).filter(({ kind, device }) => kind !== passed.kind || device !== passed.device)
  return { ...data, factors: [...others, passed].slice(-MAX_FACTORS) }
}

/**
 * Continues a session after its user's epoch was increased, which ends all other sessions.
 *
 * @param passed the factor that was passed now, or null
 * @returns false if this session has ended in the meantime, too
 */
export async function continueSession(
  req: Request,
  epoch: number,
  passed: PassedFactor | null = null,
): Promise<boolean> {
  return replaceSession(req, { ...continuedData(req, passed), epoch })
}

/**
 * Replaces a request's session with a new one, in one statement.
 *
 * @param data the new session's data
 * @returns false if the old one has ended in the meantime: signed out, or another token was accepted first
 */
export async function replaceSession(req: Request, data: Partial<SessionData>): Promise<boolean> {
  return req.sessionStore instanceof SessionStore && (await req.sessionStore.replace(req, data))
}

/** More factors than this are never needed; the oldest one is dropped. */
const MAX_FACTORS = 12

/** Creates the factor of a correct password. */
export function passwordFactor(at: Moment): PassedFactor {
  return { kind: 'password', device: null, at, how: 'typed' }
}

/** Creates the factor of a device that accepted a token. */
export function deviceFactor(device: Pick<Device, 'kind' | 'persistentId' | 'input'>, now: Date): PassedFactor {
  const { kind, persistentId, input } = device
  return { kind, device: persistentId, at: now.getTime(), how: input === 'browser_key' ? 'passkey' : 'typed' }
}

/** Deletes the session, and the cookie in the browser. */
export async function endSession(req: Request, res: Response, https: boolean): Promise<void> {
  await new Promise<void>((resolve, reject) =>
    req.session.destroy((error: unknown) => (error ? reject(error) : resolve())),
  )
  res.clearCookie(sessionCookieName(https), { httpOnly: true, sameSite: 'lax', path: '/', secure: https })
}

function newSessionId(req: Request): Promise<void> {
  return new Promise((resolve, reject) =>
    req.session.regenerate((error: unknown) => (error ? reject(error) : resolve())),
  )
}

/** Saves the session now instead of with the response. */
export function saveSession(req: Request): Promise<void> {
  return new Promise((resolve, reject) => req.session.save((error: unknown) => (error ? reject(error) : resolve())))
}
