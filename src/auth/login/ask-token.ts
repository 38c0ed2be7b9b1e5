import type { Request } from 'express'
import { describeOrigin } from '../../http/describe-origin.js'
import { networkSender, personSender, type Sender } from '../../http/limit-address.js'
import type { Device } from '../../otp/device.js'
import { verifyToken } from '../../otp/verify-token.js'
import type { Auth } from '../auth.js'
import { openSession } from '../open-session.js'
import { readKeyAnswer } from '../security-key/read-key-answer.js'
import { challengeOf } from '../under-way.js'
import { explained, refused, throttled, tokenRefused } from './answer.js'
import { askChallenge, type ChallengeAnswer } from './ask-challenge.js'
import type { Awaited, TokenForm } from './awaited-token.js'
import { isBlank } from '../../typed-text/clean-text.js'

/** The device that accepted the token and opened the session, or the one that sent a code, or the form with a reason. */
export type TokenAnswer = { ok: true; device: Device } | ChallengeAnswer

/**
 * What the token step of a login and that of a step-up have in common: one device is asked,
 * the one that was named or the default.
 */
export async function askToken(auth: Auth, req: Request, awaited: Awaited, form: TokenForm): Promise<TokenAnswer> {
  if (form.otp_challenge !== undefined) return askChallenge(auth, req, awaited, form)
  const token = form.otp_token ?? ''
  if (isBlank(token)) return refused('token', 'token_required')
  const wait = await auth.addressLimit.take(tokenSender(req, awaited))
  if (wait !== null) return throttled('token', wait)
  const asked = await readAsked(auth, req, awaited, form, token)
  const origin = describeOrigin(req)
  const submission = { userId: awaited.userId, token, origin, asker: awaited.asker, ...asked }
  const verification = await openSession(req, awaited.opens, (opens) => verifyToken(auth.otp, { ...submission, opens }))
  if (!verification.ok && verification.reason === 'session_ended') return refused('password', 'login_expired')
  if (!verification.ok)
    return explained(auth, tokenRefused('token', verification, auth.clock.now()), verification, {
      token,
      ...asked,
      devices: awaited.devices,
    })
  return { ok: true, device: verification.device }
}

/** Whom a token counts against: a session or browser of the person's own, or everyone at the IP address. */
export function tokenSender(req: Request, { userId, asker }: Pick<Awaited, 'userId' | 'asker'>): Sender {
  return asker.lane === 'sign_in' ? networkSender(req) : personSender(userId)
}

/** Which device is asked, and for which challenge of this session. */
async function readAsked(auth: Auth, req: Request, awaited: Awaited, form: TokenForm, token: string) {
  const byKey = await readKeyAnswer(auth, req, token)
  if (byKey) return byKey
  const deviceId = form.otp_device || defaultDevice(auth, awaited, token)
  return { deviceId, challenge: challengeOf(req, deviceId) }
}

/** The first device, unless what was typed can only be another kind's: a backup token in the code's field. */
function defaultDevice({ otp }: Auth, { devices }: Awaited, token: string): string {
  const couldBe = new Set(otp.kinds.filter((kind) => kind.couldBe(token)).map((kind) => kind.name))
  return (devices.find((device) => couldBe.has(device.kind)) ?? devices[0])?.persistentId ?? ''
}
