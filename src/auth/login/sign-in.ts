import type { Request } from 'express'
import { describeOrigin } from '../../http/describe-origin.js'
import type { Device, PersistentId } from '../../otp/device.js'
import type { AfterEvents } from '../../otp/events.js'
import type { Auth } from '../auth.js'
import { deviceFactor, type PassedFactor, startSession } from '../session.js'
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
  /** Before the device, oldest first. */
  passed: readonly PassedFactor[]
  device: Device
  /** The person wants to be asked for no token in this browser again. */
  trust: boolean
}

/** What both ways of signing in with a token end with. */
export async function signIn(auth: Auth, req: Request, verified: Verified): Promise<Answer> {
  const { user, passed, device, trust } = verified
  const now = auth.clock.now()
  await auth.addressLimit.giveBack(req.ip ?? '')
  await startSession(req, user, [...passed, deviceFactor(device, now)], now)
  await recogniseBrowser(auth, req, user.id, { told: device.kind === 'static' })
  if (trust) await trustBrowser(auth, req, { user, device: device.persistentId })
  const how = passed.length === 0 ? 'passkey' : 'token'
  return arrive(auth, req, verified, { device: device.persistentId, how })
}

/** The same where a trusted browser answers for the device: `factor` says for which. */
export async function signInTrusted(
  auth: Auth,
  req: Request,
  { passed, factor, ...arrival }: Arrival & { passed: readonly PassedFactor[]; factor: PassedFactor },
): Promise<Answer> {
  await startSession(req, arrival.user, [...passed, factor], auth.clock.now())
  await recogniseBrowser(auth, req, arrival.user.id, { told: false })
  return arrive(auth, req, arrival, { device: factor.device, how: 'trusted_browser' })
}

/** Remembers the sign-in, tells of it, and leads on. */
async function arrive(
  auth: Auth,
  req: Request,
  { user, next }: Arrival,
  by: { device: PersistentId | null; how: AfterEvents['signedIn']['how'] },
): Promise<Answer> {
  const now = auth.clock.now()
  await rememberSignIn(auth, req, user.id, now)
  auth.otp.events.tell('signedIn', { userId: user.id, at: now, origin: describeOrigin(req), ...by })
  return { ok: true, location: next ?? (user.isStaff ? '/admin' : '/account/two-factor') }
}
