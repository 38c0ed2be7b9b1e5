import type { Request } from 'express'
import type { Change } from '../../db/run-statement.js'
import { describeOrigin } from '../../http/describe-origin.js'
import type { Device, PersistentId } from '../../otp/device.js'
import type { AfterEvents } from '../../otp/events.js'
import type { Auth } from '../auth.js'
import { type PassedFactor, startSession } from '../session.js'
import { trustBrowser } from '../trusted-browser/trust-browser.js'
import type { Answer } from './answer.js'
import { recogniseBrowser } from './recognise-browser.js'
import { rememberSignIn } from './remember-sign-in.js'

/** Who signs in, and where to. */
interface Arrival {
  user: { id: number; isStaff: boolean; authEpoch: number }
  next: string | null
}

interface Verified extends Arrival {
  device: Device
  /** What opened the session: a token beside something else, or a passkey alone. */
  by: 'token' | 'passkey'
  /** The person wants to be asked for no token in this browser again. */
  trust: boolean
  /** What else this success changes. */
  changes: readonly Change[]
}

/** What all ways of signing in with a token end with: the session has begun with it (../open-session.ts). */
export async function signIn(auth: Auth, req: Request, verified: Verified): Promise<Answer> {
  const { user, device, trust, changes } = verified
  if (trust) await trustBrowser(auth, req, { user, device: device.persistentId })
  const by = { device: device.persistentId, how: verified.by }
  return arrive(auth, req, verified, by, { told: device.isBackup, verified: true, changes })
}

/** The same where a trusted browser answers for the device: `factor` says for which. */
export async function signInTrusted(
  auth: Auth,
  req: Request,
  { passed, factor, ...arrival }: Arrival & { passed: readonly PassedFactor[]; factor: PassedFactor },
): Promise<Answer> {
  await startSession(req, arrival.user, [...passed, factor], auth.clock.now())
  const by = { device: factor.device, how: 'trusted_browser' } as const
  return arrive(auth, req, arrival, by, { told: false, verified: false, changes: [] })
}

/** Remembers the sign-in and its browser, tells of it, and leads on. */
async function arrive(
  auth: Auth,
  req: Request,
  { user, next }: Arrival,
  by: { device: PersistentId | null; how: AfterEvents['signedIn']['how'] },
  browser: { told: boolean; verified: boolean; changes: readonly Change[] },
): Promise<Answer> {
  const now = auth.clock.now()
  await recogniseBrowser(auth, req, user.id, browser)
  await rememberSignIn(auth, req, user.id, now)
  auth.otp.events.tell('signedIn', { userId: user.id, at: now, origin: describeOrigin(req), ...by })
  return { ok: true, location: wayIn(user, next) }
}

/** Where somebody goes who is signed in. */
export function wayIn({ isStaff }: Pick<Arrival['user'], 'isStaff'>, next: string | null): string {
  return next ?? (isStaff ? '/admin' : '/account/two-factor')
}
