import type { Request } from 'express'
import type { Change } from '../../db/run-statement.js'
import { describeOrigin } from '../../http/describe-origin.js'
import type { Device, PersistentId } from '../../otp/device.js'
import type { AfterEvents } from '../../otp/events.js'
import type { Auth } from '../auth.js'
import { deviceFactor, type exchangeSession, type PassedFactor, startSession } from '../session.js'
import { trustBrowser } from '../trusted-browser/trust-browser.js'
import { type Answer, refused } from './answer.js'
import { recogniseBrowser } from './recognise-browser.js'
import { rememberSignIn } from './remember-sign-in.js'

/** Who signs in, and where to. */
interface Arrival {
  user: { id: number; isStaff: boolean; authEpoch: number }
  next: string | null
}

interface Verified extends Arrival {
  /** Before the device, oldest first. */
  passed: readonly PassedFactor[]
  device: Device
  /** The person wants to be asked for no token in this browser again. */
  trust: boolean
  /** What else this success changes. */
  changes: readonly Change[]
  /** How the session begins, where the one before is used up; that may have ended meanwhile. */
  begin?: typeof exchangeSession
}

/** What both ways of signing in with a token end with. */
export async function signIn(auth: Auth, req: Request, verified: Verified): Promise<Answer> {
  const { user, passed, device, trust, changes, begin = startSession } = verified
  const now = auth.clock.now()
  const begun = await begin(req, user, [...passed, deviceFactor(device, now)], now)
  if (begun === false) return refused('password', 'login_expired')
  if (trust) await trustBrowser(auth, req, { user, device: device.persistentId })
  const by = { device: device.persistentId, how: passed.length === 0 ? 'passkey' : 'token' } as const
  return arrive(auth, req, verified, by, { told: device.kind === 'static', verified: true, changes })
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
  return { ok: true, location: next ?? (user.isStaff ? '/admin' : '/account/two-factor') }
}
