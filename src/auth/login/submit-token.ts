import type { Request } from 'express'
import { loginPath, safeNext } from '../../http/safe-next.js'
import type { Device } from '../../otp/device.js'
import type { Auth } from '../auth.js'
import { beginning, deviceFactor, type PassedFactor, passwordFactor } from '../session.js'
import { type StepResult, rejectStep } from './step-result.js'
import { verifySubmittedToken, tokenSender } from './verify-submitted-token.js'
import { type LoginForm, loginOptions } from './forms.js'
import type { TokenStep } from './read-login-step.js'
import { signIn } from './sign-in.js'

/** Handles the token step. */
export async function submitToken(auth: Auth, req: Request, stage: TokenStep, form: LoginForm): Promise<StepResult> {
  // No device can verify a token. The page explains who can help.
  if (stage.devices.length === 0 && stage.hasFactor) return rejectStep('token', 'verification_not_allowed')
  const { user, devices, asker } = stage
  const passed = passedBefore(req)
  const now = auth.clock.now()
  const opens = { holds: (device: Device) => beginning(req, user, [...passed, deviceFactor(device, now)], now) }
  const awaited = { userId: user.id, devices, asker, opens }
  const answer = await verifySubmittedToken(auth, req, awaited, form)
  if (!answer.ok) return answer
  if ('challenged' in answer) return { ok: true, location: loginPath(safeNext(form.next)) }
  const changes = auth.ipRateLimit.refundStatement(tokenSender(req, awaited))
  return signIn(auth, req, { changes, user, by: 'token', device: answer.device, ...loginOptions(form) })
}

/** Returns the factors passed before: the password, or those of the unverified session. */
function passedBefore({ session }: Request): PassedFactor[] {
  return session.pending ? [passwordFactor(session.pending.at)] : (session.factors ?? [])
}
