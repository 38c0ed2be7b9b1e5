import type { Request } from 'express'
import { loginAddress, safeNext } from '../../http/safe-next.js'
import type { Auth } from '../auth.js'
import { useUpSession } from '../session.js'
import { type Answer, refused } from './answer.js'
import { askToken } from './ask-token.js'
import type { LoginForm } from './forms.js'
import type { TokenStage } from './read-stage.js'
import { signIn } from './sign-in.js'

/** The token step: a device that accepts the token signs in. */
export async function submitToken(auth: Auth, req: Request, stage: TokenStage, form: LoginForm): Promise<Answer> {
  const answer = await askToken(auth, req, { userId: stage.user.id, devices: stage.devices }, form)
  if (!answer.ok) return answer
  if ('challenged' in answer) return { ok: true, location: loginAddress(safeNext(form.next)) }
  if (!(await useUpSession(req))) return refused('password', 'login_expired')
  return signIn(auth, req, stage.user, answer.device, safeNext(form.next))
}
