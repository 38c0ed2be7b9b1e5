import type { Request } from 'express'
import { readClientInfo } from '../../http/read-client-info.js'
import { networkSender, personSender, type Sender } from '../../http/ip-rate-limit.js'
import type { Device } from '../../otp/device.js'
import { verifyToken } from '../../otp/verify-token.js'
import type { Auth } from '../auth.js'
import { openSession } from '../open-session.js'
import { takeKeyChallenge } from '../browser-challenge.js'
import { challengeOf } from '../in-progress.js'
import { explained, rejectStep, rejectThrottled, rejectToken } from './step-result.js'
import { sendLoginCode, type SendCodeResult } from './send-login-code.js'
import type { PendingVerification, TokenForm } from './pending-verification.js'
import { isBlank } from '../../typed-text/clean-text.js'

/** The device that accepted the token and started the session, the device that sent a code, or a rejection. */
export type TokenResult = { ok: true; device: Device } | SendCodeResult

/**
 * Verifies a submitted token, for the sign-in and for a step-up: against the submitted device,
 * otherwise against the default one.
 */
export async function verifySubmittedToken(
  auth: Auth,
  req: Request,
  awaited: PendingVerification,
  form: TokenForm,
): Promise<TokenResult> {
  if (form.otp_challenge !== undefined) return sendLoginCode(auth, req, awaited, form)
  const token = form.otp_token ?? ''
  if (isBlank(token)) return rejectStep('token', 'token_required')
  const wait = await auth.ipRateLimit.take(tokenSender(req, awaited))
  if (wait !== null) return rejectThrottled('token', wait)
  const target = await readTarget(auth, req, awaited, form, token)
  const origin = readClientInfo(req)
  const submission = { userId: awaited.userId, token, origin, asker: awaited.asker, ...target }
  const verification = await openSession(req, awaited.opens, (opens) => verifyToken(auth.otp, { ...submission, opens }))
  if (!verification.ok && verification.reason === 'session_ended') return rejectStep('password', 'login_expired')
  if (!verification.ok)
    return explained(auth, rejectToken('token', verification, auth.clock.now()), verification, {
      token,
      ...target,
      devices: awaited.devices,
    })
  return { ok: true, device: verification.device }
}

/** Returns whose limit a token is counted in: the user's, in a session or browser of theirs, or the IP address's. */
export function tokenSender(req: Request, { userId, asker }: Pick<PendingVerification, 'userId' | 'asker'>): Sender {
  return asker.lane === 'sign_in' ? networkSender(req) : personSender(userId)
}

/** Finds the device that verifies the token, and the challenge of this session. */
async function readTarget(auth: Auth, req: Request, awaited: PendingVerification, form: TokenForm, token: string) {
  const made = auth.otp.kinds.find((kind) => kind.browserToken && kind.matchesFormat(token))
  if (made?.browserToken) {
    const challenge = takeKeyChallenge(req, 'verify')
    return { deviceId: (await made.browserToken.findDevice(auth.otp, token)) ?? '', challenge }
  }
  const deviceId = form.otp_device || defaultDevice(auth, awaited, token)
  return { deviceId, challenge: challengeOf(req, deviceId) }
}

/** Finds the first device whose kind can have such a token, for a backup token typed into the field for codes. */
function defaultDevice({ otp }: Auth, { devices }: PendingVerification, token: string): string {
  const matchesFormat = new Set(otp.kinds.filter((kind) => kind.matchesFormat(token)).map((kind) => kind.name))
  return (devices.find((device) => matchesFormat.has(device.kind)) ?? devices[0])?.persistentId ?? ''
}
