import type { Request } from 'express'
import { loginAddress, safeNext } from '../../http/safe-next.js'
import type { Device } from '../../otp/device.js'
import type { Auth } from '../auth.js'
import { beginning, deviceFactor, type PassedFactor, passwordFactor } from '../session.js'
import { type Answer, refused } from './answer.js'
import { askToken, tokenSender } from './ask-token.js'
import { type LoginForm, wishesOf } from './forms.js'
import type { TokenStage } from './read-stage.js'
import { signIn } from './sign-in.js'

/** Handles the token step. */
export async function submitToken(auth: Auth, req: Request, stage: TokenStage, form: LoginForm): Promise<Answer> {
  // No device can verify a token. The page explains who can help.
  if (stage.devices.length === 0 && stage.hasFactor) return refused('token', 'verification_not_allowed')
  const { user, devices, asker } = stage
  const passed = passedBefore(req)
  const now = auth.clock.now()
  const opens = { holds: (device: Device) => beginning(req, user, [...passed, deviceFactor(device, now)], now) }
  const awaited = { userId: user.id, devices, asker, opens }
  const answer = await askToken(auth, req, awaited, form)
  if (!answer.ok) return answer
  if ('challenged' in answer) return { ok: true, location: loginAddress(safeNext(form.next)) }
  const changes = auth.addressLimit.givenBack(tokenSender(req, awaited))
  return signIn(auth, req, { changes, user, by: 'token', device: answer.device, ...wishesOf(form) })
}

/** Returns the factors passed before: the password, or those of the unverified session. */
function passedBefore({ session }: Request): PassedFactor[] {
  return session.pending ? [passwordFactor(session.pending.at)] : (session.factors ?? [])
}
