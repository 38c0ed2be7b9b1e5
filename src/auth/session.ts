import type { Request, Response } from 'express'
import { SessionStore } from '../http/session-store.js'
import { sessionCookieName } from '../http/sessions.js'
import type { PersistentId } from '../otp/device.js'

/** Milliseconds since 1970. */
type Moment = number

declare module 'express-session' {
  /** Ids and times, nothing else: what they stand for is read from the database at each request. */
  interface SessionData {
    userId: number
    /** The user's `auth_epoch` when the session began; another one there ends it. */
    epoch: number
    signedInAt: Moment
    /** The device that verified the user, and when. */
    device: string
    verifiedAt: Moment
    /** Between password and token: nobody is signed in yet. */
    pending: { userId: number; epoch: number; at: Moment }
  }
}

interface Identity {
  id: number
  authEpoch: number
}

/** After the password: remembers whose token is awaited, under a new session id. */
export async function startPending(req: Request, user: Identity, now: Date): Promise<void> {
  await newSessionId(req)
  req.session.pending = { userId: user.id, epoch: user.authEpoch, at: now.getTime() }
}

/** Signs in under a new session id (ASVS 7.2.4); whoever was signed in before is forgotten. */
export async function startSession(
  req: Request,
  user: Identity,
  device: PersistentId | null,
  now: Date,
): Promise<void> {
  await newSessionId(req)
  req.session.userId = user.id
  req.session.epoch = user.authEpoch
  req.session.signedInAt = now.getTime()
  if (!device) return
  req.session.device = device
  req.session.verifiedAt = now.getTime()
}

/**
 * Uses up the session that a token was awaited in.
 *
 * @returns false where it ended while the token was judged: signed out, or another token came first
 */
export async function useUpSession(req: Request): Promise<boolean> {
  return req.sessionStore instanceof SessionStore && (await req.sessionStore.end(req.sessionID))
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
