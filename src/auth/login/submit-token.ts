import type { Request } from 'express'
import { loginAddress, safeNext } from '../../http/safe-next.js'
import type { Auth } from '../auth.js'
import { exchangeSession, type PassedFactor, passwordFactor } from '../session.js'
import { type Answer, refused } from './answer.js'
import { askToken, tokenSender } from './ask-token.js'
import { type LoginForm, wishesOf } from './forms.js'
import type { TokenStage } from './read-stage.js'
import { signIn } from './sign-in.js'

/** The token step: a device that accepts the token signs in. */
export async function submitToken(auth: Auth, req: Request, stage: TokenStage, form: LoginForm): Promise<Answer> {
  // Nothing here could accept a token: the page says who can help.
  if (stage.devices.length === 0 && stage.hasFactor) return refused('token', 'verification_not_allowed')
  const awaited = { userId: stage.user.id, devices: stage.devices, asker: stage.asker }
  const answer = await askToken(auth, req, awaited, form)
  if (!answer.ok) return answer
  if ('challenged' in answer) return { ok: true, location: loginAddress(safeNext(form.next)) }
  const changes = auth.addressLimit.givenBack(tokenSender(req, awaited))
  const verified = { changes, user: stage.user, passed: passedBefore(req), device: answer.device }
  return signIn(auth, req, { ...verified, ...wishesOf(form), begin: exchangeSession })
}

/** The password a moment ago, or what the session of somebody who is not verified yet has passed. */
function passedBefore({ session }: Request): PassedFactor[] {
  return session.pending ? [passwordFactor(session.pending.at)] : (session.factors ?? [])
}
