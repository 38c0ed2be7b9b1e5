import type { Request } from 'express'
import { type AttachedStatement, runStatement } from '../../db/run-statement.js'
import { preferredLanguage } from '../../http/client/negotiate-language.js'
import { readClientInfo } from '../../http/client/read-client-info.js'
import { loginPath, safeNext } from '../../http/paths/safe-next.js'
import type { Device, PersistentId } from '../../otp/device.js'
import type { AfterEvents } from '../../otp/events.js'
import type { Auth } from '../auth.js'
import { notifyIfNewBrowser } from '../known-browser.js'
import { mustSetUpDevice, setupPath } from '../policy/enrolment.js'
import { type PassedFactor, startSession } from '../session/session.js'
import { trustBrowser } from '../trusted-browser/trust-browser.js'
import type { StepResult } from './step-result.js'

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

/** The submitted fields about what follows a sign-in. */
export interface ArrivalForm {
  next?: string | undefined
  trust_browser?: string | undefined
}

/** Reads the options of a sign-in: the path to continue at, and whether to trust this browser. */
export function arrivalOptions({ next, trust_browser: trust }: ArrivalForm): { next: string | null; trust: boolean } {
  return { next: safeNext(next), trust: trust !== undefined && trust !== '' }
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

/** Signs in a user without a second factor. The session is authenticated only. */
export async function signInUnverified(
  auth: Auth,
  req: Request,
  { user, passed, next }: Arrival & { passed: readonly PassedFactor[] },
): Promise<StepResult> {
  const now = auth.clock.now()
  await startSession(req, user, passed, now)
  await notifyIfNewBrowser(auth, req, user.id, { notified: false, verified: false })
  const about = { userId: user.id, at: now, client: readClientInfo(req), device: null, how: 'password' } as const
  auth.otp.events.emitAfter('signedIn', about)
  if (mustSetUpDevice(auth, user)) return { ok: true, location: setupPath(next) }
  return { ok: true, location: user.isStaff ? loginPath(next) : (next ?? '/account/two-factor') }
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
  auth.otp.events.emitAfter('signedIn', { userId: user.id, at: now, client: readClientInfo(req), ...by })
  return { ok: true, location: wayIn(user, next) }
}

/** Returns the path to continue at after a sign-in. */
export function wayIn({ isStaff }: Pick<Arrival['user'], 'isStaff'>, next: string | null): string {
  return next ?? (isStaff ? '/admin' : '/account/two-factor')
}

/** Rejected codes that were probably entered by someone else. */
interface FailedAttempts {
  count: number
  /** The newest, in milliseconds since 1970, and where it came from. */
  at: number
  address: string | null
  browser: string | null
}

declare module 'express-session' {
  interface SessionData {
    /** Failed attempts at the user's second factor since their previous sign-in, which a banner still has to show. */
    failedAttempts: FailedAttempts
  }
}

/**
 * Records a sign-in, and stores in its session the failed attempts at the user's second factor since
 * the previous one. The user's own are left out: failures from the same IP address and browser that
 * belong to this sign-in, or were submitted where the user had passed a second factor before.
 */
async function recordSignIn(auth: Auth, req: Request, userId: number, now: Date): Promise<void> {
  const { address, browser } = readClientInfo(req)
  const language = preferredLanguage(req.acceptsLanguages())
  const [newest] = await runStatement<{ count: number; at: Date; address: string | null; browser: string | null }>(
    auth.database,
    undefined,
    REMEMBER,
    { userId, now, language, address, browser, since: passwordTime(req) ?? now },
  )
  if (newest) req.session.failedAttempts = { ...newest, at: newest.at.getTime() }
}

/** Returns when the password of this sign-in was entered. */
function passwordTime({ session }: Request): Date | null {
  const password = session.factors?.find(({ kind }) => kind === 'password')
  return password ? new Date(password.at) : null
}

// Both parts see the user's row as it was before. The partial index contains rejected tokens only, so other
// events do not slow this down. Forged passkeys, submitted without the password, are left out. If there is a
// cause, the signature was valid. Emails and calls use the browser's language if the user has chosen none.
const REMEMBER = `
with remembered as (
  update users set last_login_at = $now, browser_language = $language where id = $userId
)
select count(*) over ()::int as count, e.at, e.address, e.browser
from audit_events e join users u on u.id = e.user_id
where e.user_id = $userId and e.event = 'token_refused' and e.at > coalesce(u.last_login_at, u.created_at)
  and (e.details -> 'without_password' is null or e.details -> 'because' is not null)
  and (e.address is distinct from $address::text or e.browser is distinct from $browser::text
    or (e.details -> 'lane' is null and e.at < $since::timestamptz))
order by e.id desc limit 1`
