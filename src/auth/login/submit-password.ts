import type { Request } from 'express'
import { type AttachedStatement, runStatement } from '../../db/run-statement.js'
import { readClientInfo } from '../../http/client/read-client-info.js'
import { loginPath, safeNext } from '../../http/paths/safe-next.js'
import type { Device } from '../../otp/device.js'
import { devicesForUser, type ListedDevice, userHasDevice } from '../../otp/devices/devices-for-user.js'
import { matchToken } from '../../otp/tokens/match-token.js'
import { verifyToken } from '../../otp/tokens/verify-token.js'
import { isBlank } from '../../typed-text/clean-text.js'
import { signInAsker } from '../asker.js'
import type { Auth } from '../auth.js'
import type { PasswordUser } from '../host-users/host-users.js'
import { isKnownBrowser } from '../known-browser.js'
import { checkPassword, type PasswordCheck } from '../password/check-password.js'
import { rejectToken } from '../reject-token.js'
import { openSession } from '../session/open-session.js'
import {
  newSessionData,
  deviceFactor,
  continuedData,
  passwordFactor,
  replaceSession,
  startPending,
} from '../session/session.js'
import { checkTrustedBrowser } from '../trusted-browser/check-trusted-browser.js'
import { type ArrivalForm, arrivalOptions, signIn, signInTrusted, signInUnverified, wayIn } from './sign-in.js'
import { rejectStep, rejectThrottled, type StepResult } from './step-result.js'
import { sendLoginCode, type TokenForm } from './submit-token.js'

/** The submitted fields of the password step. */
interface PasswordForm extends TokenForm, ArrivalForm {
  username?: string | undefined
  password?: string | undefined
}

/**
 * Handles the password step. With a token in the same form, it is the whole sign-in. Users with a
 * second factor are signed in only with it. If none of their devices can be used, the token step
 * explains who can help. Users without one are signed in, unverified.
 */
export async function submitPassword(auth: Auth, req: Request, form: PasswordForm): Promise<StepResult> {
  const check = await checkPassword(auth, req, form.username ?? '', form.password ?? '')
  if (!check.ok) return rejectPassword(auth, check)
  const { otp_token: token } = form
  if (token !== undefined && !isBlank(token)) return submitBoth(auth, req, check, { ...form, otp_token: token })
  const { user, changes } = check
  // The same statement clears the failed attempts.
  const devices = await devicesForUser(auth.otp, user.id, { changes })
  const next = safeNext(form.next)
  if (devices.length > 0) return awaitToken(auth, req, user, devices, next)
  if (await userHasDevice(auth.otp, user.id)) return awaitHelp(auth, req, user, next)
  return signInUnverified(auth, req, { user, passed: [passwordFactor(auth.clock.now().getTime())], next })
}

type AcceptedPassword = Extract<PasswordCheck, { ok: true }>
type RejectedPassword = Exclude<PasswordCheck, { ok: true }>

/** Rejects the step. If too many consecutive failures ended the attempts, the text explains what helps. */
function rejectPassword({ hostUsers }: Auth, check: RejectedPassword): StepResult {
  if (check.reason === 'invalid_login') return rejectStep('password', 'invalid_login')
  const text = hostUsers === null ? 'errors:password_locked' : 'errors:password_locked_host'
  return { ...rejectThrottled('password', check.retryAfter), ...(check.ended && { text }) }
}

/** Continues to the token step, unless another tab or a trusted browser has verified the user already. */
async function awaitToken(
  auth: Auth,
  req: Request,
  user: PasswordUser,
  devices: readonly ListedDevice[],
  next: string | null,
): Promise<StepResult> {
  const now = auth.clock.now()
  if (await continues(req, user, now)) return { ok: true, location: wayIn(user, next) }
  const factor = await checkTrustedBrowser(auth, req, user)
  if (factor) return signInTrusted(auth, req, { user, passed: [passwordFactor(now.getTime())], factor, next })
  await startPending(req, user, now)
  return sendFirstCode(auth, req, user, devices, next)
}

/** Continues to the token step, which explains who can help. */
async function awaitHelp(auth: Auth, req: Request, user: PasswordUser, next: string | null): Promise<StepResult> {
  await startPending(req, user, auth.clock.now())
  return { ok: true, location: loginPath(next) }
}

/**
 * Continues the session under a new ID if another tab has already signed in the same user with a token.
 *
 * @returns false if not, or if that session has ended in the meantime
 */
async function continues(req: Request, { id }: PasswordUser, now: Date): Promise<boolean> {
  const isHere = req.user?.id === id && req.user.isVerified()
  return isHere && replaceSession(req, continuedData(req, passwordFactor(now.getTime())))
}

/** Sends the first code if the default device can. The page shows a wait, so only a failed delivery is returned. */
async function sendFirstCode(
  auth: Auth,
  req: Request,
  { id: userId }: PasswordUser,
  devices: readonly ListedDevice[],
  next: string | null,
): Promise<StepResult> {
  const location = loginPath(next)
  if (!devices[0]?.interactive) return { ok: true, location }
  const asker = signInAsker(req, await isKnownBrowser(auth, req, userId))
  const form = { otp_device: devices[0].persistentId }
  const sent = await sendLoginCode(auth, req, { userId, devices, asker }, form)
  return !sent.ok && sent.code === 'challenge_exception' ? sent : { ok: true, location }
}

/** Verifies the token of the same form, and finishes the sign-in. */
async function submitBoth(
  auth: Auth,
  req: Request,
  { user, changes }: AcceptedPassword,
  form: PasswordForm & { otp_token: string },
): Promise<StepResult> {
  const { otp_token: token, otp_device: deviceId } = form
  const asker = signInAsker(req, await isKnownBrowser(auth, req, user.id))
  const submission = { userId: user.id, token, client: readClientInfo(req), asker }
  const now = auth.clock.now()
  const passed = passwordFactor(now.getTime())
  const dataFor = (device: Device) => newSessionData(req, user, [passed, deviceFactor(device, now)], now)
  const verification = await openSession(req, { dataFor, afresh: true }, (opens) =>
    deviceId
      ? verifyToken(auth.otp, { ...submission, deviceId, opens })
      : matchToken(auth.otp, { ...submission, opens }),
  )
  if (verification.ok)
    return signIn(auth, req, { user, by: 'token', device: verification.device, changes, ...arrivalOptions(form) })
  delete req.session.pending
  if (verification.reason === 'session_ended') return rejectStep('password', 'login_expired')
  await saveFailure(auth, changes)
  return rejectStep('password', rejectToken(auth, verification, { token, deviceId: deviceId ?? '' }))
}

/** The password was correct and the token was not, so the failure remains only in the network's limit. */
async function saveFailure({ database }: Auth, changes: readonly AttachedStatement[]): Promise<void> {
  for (const { sql, values } of changes.filter((change) => !('limited' in change.values)))
    await runStatement(database, undefined, sql, values)
}
