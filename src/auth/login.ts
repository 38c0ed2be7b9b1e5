import type { Request } from 'express'
import { readClientInfo } from '../http/client/read-client-info.js'
import { runAsSite } from '../http/host-isolation.js'
import type { Device } from '../otp/device.js'
import type { Auth } from './auth.js'
import { refreshRequestUser } from './load-request-user.js'
import { readUser } from './read-user.js'
import { newSessionData, deviceFactor, replaceSession, continuedData } from './session/session.js'

/**
 * The result of `login`. `not_own_device`: the device belongs to another user, or is no longer active;
 * `session_ended`: the user signed out in the meantime, or another token was accepted first.
 */
export type LoginOutcome =
  { ok: true } | { ok: false; reason: 'not_authenticated' | 'not_own_device' | 'session_ended' }

/**
 * Verifies the session of a signed-in user, for a host's own token page. The device must just have
 * accepted a token: `verifyToken` says which one did. The session gets a new ID (ASVS 7.2.4), and
 * `req.auth` and `req.user` are read again, so the rest of the request sees a verified user.
 *
 * The site's own sign-in does this itself: no second call is needed there.
 *
 * @param auth `site.auth`
 * @param req a request that passed through the site; `req.user` is set
 * @param device from `verifyToken`; its own user must be the one who is signed in
 * @returns if not ok, nothing was changed: `not_authenticated`, `not_own_device` (also for one that
 *   was disabled or removed in the meantime) or `session_ended`
 * @example
 * const verification = await verifyToken(site.otp, { userId: req.user.id, deviceId, token })
 * if (verification.ok) await login(site.auth, req, verification.device)
 */
export function login(auth: Auth, req: Request, device: Pick<Device, 'kind' | 'persistentId'>): Promise<LoginOutcome> {
  return runAsSite(req, () => verifySession(auth, req, device))
}

async function verifySession(
  auth: Auth,
  req: Request,
  device: Pick<Device, 'kind' | 'persistentId'>,
): Promise<LoginOutcome> {
  const { user, session } = req
  if (!user || session.epoch === undefined) return { ok: false, reason: 'not_authenticated' }
  const now = auth.clock.now()
  const input = auth.otp.kinds.find(({ name }) => name === device.kind)?.input ?? 'digits'
  const factor = deviceFactor({ ...device, input }, now)
  const row = await readUser(auth, user.id, [factor], now)
  if (!row?.standing_devices.includes(factor.device ?? '')) return { ok: false, reason: 'not_own_device' }
  const before = session.factors ?? []
  const identity = { id: user.id, authEpoch: session.epoch }
  // An unverified session passes on its factors only.
  const data = user.isVerified() ? continuedData(req, factor) : newSessionData(req, identity, [...before, factor], now)
  if (!(await replaceSession(req, data))) return { ok: false, reason: 'session_ended' }
  emitLogin(auth, req, user, device)
  await refreshRequestUser(auth, req)
  return { ok: true }
}

function emitLogin(
  { otp, clock }: Auth,
  req: Request,
  user: { id: number; isVerified(): boolean },
  { persistentId: device }: Pick<Device, 'persistentId'>,
): void {
  const about = { userId: user.id, at: clock.now(), client: readClientInfo(req), device }
  if (user.isVerified()) otp.events.emitAfter('stepUp', about)
  else otp.events.emitAfter('signedIn', { ...about, how: 'token' })
}
