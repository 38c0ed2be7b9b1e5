import type { Request } from 'express'
import { recordEvent } from '../../audit.js'
import { runStatement } from '../../db/run-statement.js'
import { describeOrigin } from '../../http/describe-origin.js'
import { networkSender } from '../../http/limit-address.js'
import { safeNext } from '../../http/safe-next.js'
import { verifyToken } from '../../otp/verify-token.js'
import type { Verification } from '../../otp/device.js'
import { findKey } from '../../otp/webauthn/find-key.js'
import { noAsker } from '../asker.js'
import type { Auth } from '../auth.js'
import { isStillKnown } from '../host-users/as-owner-has-it.js'
import { type Answer, refused, throttled } from '../login/answer.js'
import { signIn } from '../login/sign-in.js'
import { takeKeyChallenge } from '../security-key/key-challenge.js'

/**
 * Signs in whom a passkey names and has verified by a PIN or a finger: both factors in one
 * step (NIST SP 800-63B-4 §3.1.7). Whatever is wrong, the answer is that of a wrong password.
 */
export async function submitPasskey(
  auth: Auth,
  req: Request,
  form: { otp_token?: string | undefined; next?: string | undefined },
): Promise<Answer> {
  const sender = networkSender(req)
  const wait = await auth.addressLimit.take(sender)
  if (wait !== null) return throttled('password', wait)
  const token = form.otp_token ?? ''
  const challenge = takeKeyChallenge(req, 'sign_in')
  const origin = describeOrigin(req)
  const key = await findKey(auth.otp, token)
  // Nobody has proved anything yet, so a wrong answer counts against the sender's IP address only.
  const submission = key && challenge && { ...key, token, challenge, origin, asker: noAsker }
  const verification = submission && (await verifyToken(auth.otp, submission))
  const user = verification && verification.ok && (await readUser(auth, verification.device.userId))
  if (!verification || !verification.ok || !user) {
    const event = { event: 'sign_in_refused', at: auth.clock.now(), userId: key?.userId ?? null, origin } as const
    await recordEvent(auth.database, undefined, event)
    return { ...refused('password', 'invalid_login'), reason: reasonOf(verification) }
  }
  // What was counted when the challenge was made; signIn gives back the other one.
  await auth.addressLimit.giveBack(sender)
  const changes = auth.addressLimit.givenBack(sender)
  return signIn(auth, req, {
    user,
    passed: [],
    device: verification.device,
    trust: false,
    next: safeNext(form.next),
    changes,
  })
}

/** The signature of a key that stopped counting was right, so its owner may know. */
function reasonOf(verification: Verification | null | '' | undefined): string {
  const stopped = verification && !verification.ok && verification.reason === 'invalid_token' && verification.because
  return stopped === 'counter_not_higher' ? 'keys:stopped_counting' : 'keys:passkey_refused'
}

async function readUser(auth: Auth, userId: number) {
  if (!(await isStillKnown(auth, userId))) return undefined
  type Row = { id: number; isStaff: boolean; authEpoch: number }
  const [user] = await runStatement<Row>(auth.database, undefined, ACTIVE_USER, { userId })
  return user
}

const ACTIVE_USER =
  'select id, is_staff as "isStaff", auth_epoch as "authEpoch" from users where id = $userId and is_active'
