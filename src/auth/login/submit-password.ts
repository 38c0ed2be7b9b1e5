import type { Request } from 'express'
import { type AttachedStatement, runStatement } from '../../db/run-statement.js'
import { readClientInfo } from '../../http/read-client-info.js'
import { loginPath, safeNext } from '../../http/safe-next.js'
import type { Device } from '../../otp/device.js'
import { devicesForUser, type ListedDevice, userHasDevice } from '../../otp/devices-for-user.js'
import { matchToken } from '../../otp/match-token.js'
import { verifyToken } from '../../otp/verify-token.js'
import { signInAsker } from '../asker.js'
import type { Auth } from '../auth.js'
import { checkPassword, type PasswordCheck } from '../check-password.js'
import type { PasswordUser } from '../host-users/found-login.js'
import { mustSetUpDevice, setupPath } from '../enrolment.js'
import { openSession } from '../open-session.js'
import {
  beginning,
  deviceFactor,
  replaceSession,
  goingOn,
  passwordFactor,
  startPending,
  startSession,
} from '../session.js'
import { type StepResult, explained, rejectStep, rejectThrottled, rejectToken } from './step-result.js'
import { checkTrustedBrowser } from '../trusted-browser/check-trusted-browser.js'
import { type LoginForm, loginOptions } from './forms.js'
import { isKnownBrowser } from '../known-browser.js'
import { notifyIfNewBrowser } from './notify-new-browser.js'
import { sendLoginCode } from './send-login-code.js'
import { signIn, signInTrusted, wayIn } from './sign-in.js'
import { isBlank } from '../../typed-text/clean-text.js'

/** Handles the password step. With a token in the same form, it is the whole sign-in. */
export async function submitPassword(auth: Auth, req: Request, form: LoginForm): Promise<StepResult> {
  const check = await checkPassword(auth, req, form.username ?? '', form.password ?? '')
  if (!check.ok && check.reason === 'wait') return passwordWaits(auth, check)
  if (!check.ok) return rejectStep('password', 'invalid_login')
  if (form.otp_token && !isBlank(form.otp_token)) return submitBoth(auth, req, check, form, form.otp_token)
  return awaitToken(auth, req, check, safeNext(form.next))
}

type Passed = Extract<PasswordCheck, { ok: true }>

/** Rejects the step. If too many consecutive failures ended the attempts, the text explains what helps. */
function passwordWaits({ hostUsers }: Auth, check: Extract<PasswordCheck, { reason: 'wait' }>): StepResult {
  const text = hostUsers === null ? 'errors:password_locked' : 'errors:password_locked_host'
  return { ...rejectThrottled('password', check.retryAfter), ...(check.ended && { text }) }
}

/**
 * Continues after a correct password. Users with a second factor are signed in only with it. If
 * none of their devices can be used, the token step explains who can help. Users without one
 * are signed in, unverified.
 */
async function awaitToken(
  auth: Auth,
  req: Request,
  { user, changes }: Passed,
  next: string | null,
): Promise<StepResult> {
  const devices = await devicesForUser(auth.otp, user.id, { changes })
  const now = auth.clock.now()
  if (devices.length > 0) {
    if (await continues(req, user, now)) return { ok: true, location: wayIn(user, next) }
    const factor = await checkTrustedBrowser(auth, req, user)
    const passed = [passwordFactor(now.getTime())]
    if (factor) return signInTrusted(auth, req, { user, passed, factor, next })
    await startPending(req, user, now)
    return sendFirstCode(auth, req, user, devices, next)
  }
  if (await userHasDevice(auth.otp, user.id)) {
    await startPending(req, user, now)
    return { ok: true, location: loginPath(next) }
  }
  await startSession(req, user, [passwordFactor(now.getTime())], now)
  await notifyIfNewBrowser(auth, req, user.id, { notified: false, verified: false })
  const about = { userId: user.id, at: now, origin: readClientInfo(req), device: null, how: 'password' } as const
  auth.otp.events.tell('signedIn', about)
  if (mustSetUpDevice(auth, user)) return { ok: true, location: setupPath(next) }
  return { ok: true, location: user.isStaff ? loginPath(next) : (next ?? '/account/two-factor') }
}

/**
 * Continues the session under a new ID if another tab has already signed in the same user with a token.
 *
 * @returns false if not, or if that session has ended in the meantime
 */
async function continues(req: Request, { id }: PasswordUser, now: Date): Promise<boolean> {
  const isHere = req.user?.id === id && req.user.isVerified()
  return isHere && replaceSession(req, goingOn(req, passwordFactor(now.getTime())))
}

/** Sends the first code if the default device can. The page shows a wait, so only a failed delivery is returned. */
async function sendFirstCode(
  auth: Auth,
  req: Request,
  user: PasswordUser,
  devices: readonly ListedDevice[],
  next: string | null,
): Promise<StepResult> {
  const location = loginPath(next)
  if (!devices[0]?.interactive) return { ok: true, location }
  const asker = signInAsker(req, await isKnownBrowser(auth, req, user.id))
  const answer = await sendLoginCode(
    auth,
    req,
    { userId: user.id, devices, asker },
    { otp_device: devices[0].persistentId },
  )
  return !answer.ok && answer.code === 'challenge_exception' ? answer : { ok: true, location }
}

async function submitBoth(
  auth: Auth,
  req: Request,
  { user, changes }: Passed,
  form: LoginForm,
  token: string,
): Promise<StepResult> {
  const asker = signInAsker(req, await isKnownBrowser(auth, req, user.id))
  const submission = { userId: user.id, token, origin: readClientInfo(req), asker }
  const now = auth.clock.now()
  const passed = [passwordFactor(now.getTime())]
  const holds = (device: Device) => beginning(req, user, [...passed, deviceFactor(device, now)], now)
  const verification = await openSession(req, { holds, afresh: true }, (opens) =>
    form.otp_device
      ? verifyToken(auth.otp, { ...submission, deviceId: form.otp_device, opens })
      : matchToken(auth.otp, { ...submission, opens }),
  )
  if (!verification.ok) {
    delete req.session.pending
    if (verification.reason === 'session_ended') return rejectStep('password', 'login_expired')
    await saveFailure(auth, changes)
    const rejection = rejectToken('password', verification, auth.clock.now())
    return explained(auth, rejection, verification, { token, deviceId: form.otp_device ?? '' })
  }
  return signIn(auth, req, { user, by: 'token', device: verification.device, changes, ...loginOptions(form) })
}

/** The password was correct and the token was not, so the failure remains only in the network's limit. */
async function saveFailure({ database }: Auth, changes: readonly AttachedStatement[]): Promise<void> {
  for (const { sql, values } of changes.filter((change) => !('limited' in change.values)))
    await runStatement(database, undefined, sql, values)
}
