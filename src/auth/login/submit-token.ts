import type { Request } from 'express'
import { describeOrigin } from '../../http/describe-origin.js'
import { safeNext } from '../../http/safe-next.js'
import { verifyToken } from '../../otp/verify-token.js'
import type { Auth } from '../auth.js'
import { type Answer, refused, throttled, tokenRefused } from './answer.js'
import type { LoginForm } from './forms.js'
import type { TokenStage } from './read-stage.js'
import { signIn } from './sign-in.js'

/** The token step: one device is asked, the one that was named or the default. */
export async function submitToken(auth: Auth, req: Request, stage: TokenStage, form: LoginForm): Promise<Answer> {
  if (form.otp_challenge !== undefined) return challenge(stage, form)
  const token = form.otp_token ?? ''
  if (token.trim() === '') return refused('token', 'token_required')
  const wait = await auth.addressLimit.take(req.ip ?? '')
  if (wait !== null) return throttled('token', wait)
  const deviceId = form.otp_device || defaultDevice(auth, stage, token)
  const verification = await verifyToken(auth.otp, {
    userId: stage.user.id,
    deviceId,
    token,
    origin: describeOrigin(req),
  })
  if (!verification.ok) return tokenRefused('token', verification, auth.clock.now())
  return signIn(auth, req, stage.user, verification.device, safeNext(form.next))
}

/** The first device, unless what was typed can only be another kind's: a backup token in the code's field. */
function defaultDevice({ otp }: Auth, { devices }: TokenStage, token: string): string {
  const couldBe = new Set(otp.kinds.filter((kind) => kind.couldBe(token)).map((kind) => kind.name))
  return (devices.find((device) => couldBe.has(device.kind)) ?? devices[0])?.persistentId ?? ''
}

/** Authenticator apps and backup tokens have nothing to send. */
function challenge(stage: TokenStage, form: LoginForm): Answer {
  const device = stage.devices.find(({ persistentId }) => persistentId === form.otp_device)
  return refused('token', device?.interactive ? 'verification_not_allowed' : 'not_interactive')
}
