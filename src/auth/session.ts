import type { Request, Response } from 'express'
import type { SessionData } from 'express-session'
import { describeOrigin } from '../http/describe-origin.js'
import { SessionStore } from '../http/session-store.js'
import { sessionCookieName } from '../http/sessions.js'
import type { Device, PersistentId } from '../otp/device.js'
import { newAsker } from './asker.js'
import type { How } from './auth-state.js'

/** Milliseconds since 1970. */
type Moment = number

/** One factor that this session has passed (src/auth/auth-state.ts). */
export interface PassedFactor {
  /** `password`, `invitation`, or the kind of the device. */
  kind: string
  /** Persistent id; null: no device is behind it. */
  device: PersistentId | null
  at: Moment
  how: How
  /** Row of `trusted_browsers` that answered for the person. */
  trustedBrowser?: number
}

declare module 'express-session' {
  /** Ids and times, nothing else: what they stand for is read from the database at each request. */
  interface SessionData {
    userId: number
    /** The user's `auth_epoch` when the session began; another one there ends it. */
    epoch: number
    signedInAt: Moment
    /** What was passed, oldest first; of one device the newest alone. */
    factors: PassedFactor[]
    /** Between password and token: nobody is signed in yet. */
    pending: { userId: number; epoch: number; at: Moment }
    /**
     * Posted forms that wait for a fresh token, oldest first: ID in `kept_requests` and path. `isAside`: only
     * the page that names it completes it.
     */
    keptForms: { id: string; url: string; isAside?: boolean }[]
    /** Where it was signed in from, for the owner's list of sessions. */
    address: string | null
    browser: string | null
    /** An invitation began this session: it is good for setting a device up, and nothing else. */
    invitedAt: Moment
    /** The device that is being set up; its secret lies sealed in its row. */
    setUp: { device: string; at: Moment }
    /** Those of other kinds that were begun before, in other tabs. */
    otherSetUps: { device: string; at: Moment }[]
    /** The code that this session asked for, by its device; it works in no other session (ASVS 6.6.2). */
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
 * After the password: remembers whose token is awaited, under a new session id. A code or a
 * challenge for a security key that this browser has asked for in another tab, for the same
 * person, stays good.
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
 * Signs in under a new session id (ASVS 7.2.4); whoever was signed in before is forgotten.
 *
 * @param passed what was passed to get here, oldest first
 */
export async function startSession(
  req: Request,
  user: Identity,
  passed: readonly PassedFactor[],
  now: Date,
): Promise<void> {
  await newSessionId(req)
  Object.assign(req.session, beginning(req, user, passed, now))
}

/** What a session of somebody who has just signed in holds. */
export function beginning(
  req: Request,
  user: Identity,
  passed: readonly PassedFactor[],
  now: Date,
): Partial<SessionData> {
  const { address, browser } = describeOrigin(req)
  return { userId: user.id, epoch: user.authEpoch, signedInAt: now.getTime(), address, browser, factors: [...passed] }
}

/**
 * What a session holds that goes on under a new id (ASVS 7.2.4), for example after a step-up
 * or an enrolment. When it began stays as it is: only a sign-in starts the 24 hours anew.
 *
 * @param passed a factor that was passed now; null: none was
 */
export function goingOn({ session }: Request, passed: PassedFactor | null): Partial<SessionData> {
  // What express-session adds to it are its methods; what is stored has none.
  const { cookie: _, ...kept }: Partial<SessionData> = session
  if (!passed) return kept
  const others = (kept.factors ?? []).filter(({ kind, device }) => kind !== passed.kind || device !== passed.device)
  return { ...kept, factors: [...others, passed].slice(-MAX_FACTORS) }
}

/**
 * Goes on with a session whose user's epoch was moved from it: all others have ended.
 *
 * @param passed a factor that was passed now; null: none was
 * @returns false where this one has ended, too, while the epoch was moved
 */
export async function goOnWith(req: Request, epoch: number, passed: PassedFactor | null = null): Promise<boolean> {
  return exchangeSession(req, { ...goingOn(req, passed), epoch })
}

/**
 * Uses the session of a request up for another one, in one statement.
 *
 * @param holds what the new one holds
 * @returns false where it has ended meanwhile: signed out, or another token came first
 */
export async function exchangeSession(req: Request, holds: Partial<SessionData>): Promise<boolean> {
  return req.sessionStore instanceof SessionStore && (await req.sessionStore.exchange(req, holds))
}

/** Nobody has more at hand; the oldest is the least worth. */
const MAX_FACTORS = 12

/** The password was right. @param at when it was typed */
export function passwordFactor(at: Moment): PassedFactor {
  return { kind: 'password', device: null, at, how: 'typed' }
}

/** A device accepted a token. */
export function deviceFactor(device: Pick<Device, 'kind' | 'persistentId' | 'input'>, now: Date): PassedFactor {
  const { kind, persistentId, input } = device
  return { kind, device: persistentId, at: now.getTime(), how: input === 'browser_key' ? 'passkey' : 'typed' }
}

/** Forgets the session on the server and tells the browser to. */
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

/** Writes the session down before the answer does. */
export function saveSession(req: Request): Promise<void> {
  return new Promise((resolve, reject) => req.session.save((error: unknown) => (error ? reject(error) : resolve())))
}
