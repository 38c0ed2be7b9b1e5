import type { Request } from 'express'
import type { AttachedStatement } from '../../db/run-statement.js'
import { readClientInfo } from '../../http/read-client-info.js'
import type { Device, PersistentId } from '../../otp/device.js'
import type { AfterEvents } from '../../otp/events.js'
import type { Auth } from '../auth.js'
import { type PassedFactor, startSession } from '../session.js'
import { trustBrowser } from '../trusted-browser/trust-browser.js'
import type { StepResult } from './step-result.js'
import { notifyIfNewBrowser } from './notify-new-browser.js'
import { recordSignIn } from './record-sign-in.js'

/** The user who signs in, and the path to continue at. */
interface Arrival {
  user: { id: number; isStaff: boolean; authEpoch: number }
  next: string | null
}

interface Verified extends Arrival {
  device: Device
  /** What started the session: a token after the password, or a passkey alone. */
  by: 'token' | 'passkey'
  /** Whether the user chose to trust this browser. */
  trust: boolean
  /** Further changes to make after the success. */
  changes: readonly AttachedStatement[]
}

/** Finishes a sign-in with a token or passkey. The session was started with the token (../open-session.ts). */
export async function signIn(auth: Auth, req: Request, verified: Verified): Promise<StepResult> {
  const { user, device, trust, changes } = verified
  if (trust) await trustBrowser(auth, req, { user, device: device.persistentId })
  const by = { device: device.persistentId, how: verified.by }
  return arrive(auth, req, verified, by, { notified: device.isBackup, verified: true, changes })
}

/** Signs in with a trusted browser instead of a token. `factor` contains the device that trusted it. */
export async function signInTrusted(
  auth: Auth,
  req: Request,
  { passed, factor, ...arrival }: Arrival & { passed: readonly PassedFactor[]; factor: PassedFactor },
): Promise<StepResult> {
  await startSession(req, arrival.user, [...passed, factor], auth.clock.now())
  const by = { device: factor.device, how: 'trusted_browser' } as const
  return arrive(auth, req, arrival, by, { notified: false, verified: false, changes: [] })
}

/** Records the sign-in and its browser, emits the event, and returns where to continue. */
async function arrive(
  auth: Auth,
  req: Request,
  { user, next }: Arrival,
  by: { device: PersistentId | null; how: AfterEvents['signedIn']['how'] },
  browser: { notified: boolean; verified: boolean; changes: readonly AttachedStatement[] },
): Promise<StepResult> {
  const now = auth.clock.now()
  await notifyIfNewBrowser(auth, req, user.id, browser)
  await recordSignIn(auth, req, user.id, now)
  auth.otp.events.tell('signedIn', { userId: user.id, at: now, origin: readClientInfo(req), ...by })
  return { ok: true, location: wayIn(user, next) }
}

/** Returns the path to continue at after a sign-in. */
export function wayIn({ isStaff }: Pick<Arrival['user'], 'isStaff'>, next: string | null): string {
  return next ?? (isStaff ? '/admin' : '/account/two-factor')
}
