import type { Request } from 'express'
import { recordAuditEvent } from '../../audit/record-event.js'
import { runStatement } from '../../db/run-statement.js'
import { readClientInfo } from '../../http/client/read-client-info.js'
import { networkSender } from '../../http/client/ip-rate-limit.js'
import { safeNext } from '../../http/paths/safe-next.js'
import type { Device, Verification } from '../../otp/device.js'
import { type TokenSubmission, verifyToken } from '../../otp/tokens/verify-token.js'
import { findCredential } from './find-credential.js'
import { noAsker } from '../../auth/asker.js'
import type { Auth } from '../../auth/auth.js'
import { userStillExists } from '../../auth/refresh-host-user.js'
import { type StepResult, rejectStep, rejectThrottled } from '../../auth/login/step-result.js'
import { signIn } from '../../auth/login/sign-in.js'
import { openSession, type SessionEnded } from '../../auth/session/open-session.js'
import { takeKeyChallenge } from '../../auth/browser-challenge.js'
import { newSessionData, deviceFactor } from '../../auth/session/session.js'
import { keySuspicionText } from './explain-assertion.js'

/**
 * Signs in the user whom a passkey identifies and has verified with a PIN or fingerprint: both
 * factors in one step (NIST SP 800-63B-4 §3.1.7). Every failure gets the response of an incorrect password.
 */
export async function submitPasskey(
  auth: Auth,
  req: Request,
  form: { otp_token?: string | undefined; next?: string | undefined },
): Promise<StepResult> {
  const sender = networkSender(req)
  const waitSeconds = await auth.ipRateLimit.take(sender)
  if (waitSeconds !== null) return rejectThrottled('password', waitSeconds)
  const token = form.otp_token ?? ''
  const challenge = takeKeyChallenge(req, 'sign_in')
  const client = readClientInfo(req)
  const key = await findCredential(auth.otp, token)
  // The requester has proved nothing yet, so a failure is counted for the IP address only.
  const submission = key && challenge ? { ...key, token, challenge, client, asker: noAsker } : null
  const user = submission && (await readUser(auth, submission.userId))
  const verification = user && submission && (await verifyAndOpenSession(auth, req, user, submission))
  if (!user || !verification?.ok) {
    const event = { event: 'sign_in_refused', at: auth.clock.now(), userId: key?.userId ?? null, client } as const
    await recordAuditEvent(auth.database, undefined, event)
    return { ...rejectStep('password', 'invalid_login'), text: rejectionText(verification) }
  }
  // Refunds the attempt counted for the challenge. signIn refunds the other one.
  await auth.ipRateLimit.refund(sender)
  const changes = auth.ipRateLimit.refundStatement(sender)
  const { device } = verification
  return signIn(auth, req, { user, by: 'passkey', device, trust: false, next: safeNext(form.next), changes })
}

/** Explains a security key that may have been copied. Its signature was correct, so only its owner sees this. */
function rejectionText(verification: Verification | SessionEnded | null): string {
  const isRejected = verification && !verification.ok && verification.reason === 'invalid_token'
  return keySuspicionText(isRejected ? verification.because : undefined) ?? 'keys:passkey_refused'
}

/** Starts the session in the transaction that consumes the challenge. */
function verifyAndOpenSession(auth: Auth, req: Request, user: PasskeyUser, submission: TokenSubmission) {
  const now = auth.clock.now()
  const dataFor = (device: Device) => newSessionData(req, user, [deviceFactor(device, now)], now)
  return openSession(req, { dataFor, afresh: true }, (opens) => verifyToken(auth.otp, { ...submission, opens }))
}

interface PasskeyUser {
  id: number
  isStaff: boolean
  authEpoch: number
}

async function readUser(auth: Auth, userId: number): Promise<PasskeyUser | null> {
  if (!(await userStillExists(auth, userId))) return null
  const [user] = await runStatement<PasskeyUser>(auth.database, undefined, ACTIVE_USER, { userId })
  return user ?? null
}

const ACTIVE_USER =
  'select id, is_staff as "isStaff", auth_epoch as "authEpoch" from users where id = $userId and is_active'
