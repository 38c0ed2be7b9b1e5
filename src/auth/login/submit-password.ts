import type { Request } from 'express'
import { type Change, runStatement } from '../../db/run-statement.js'
import { describeOrigin } from '../../http/describe-origin.js'
import { loginAddress, safeNext } from '../../http/safe-next.js'
import type { Device } from '../../otp/device.js'
import { devicesForUser, type ListedDevice, userHasDevice } from '../../otp/devices-for-user.js'
import { matchToken } from '../../otp/match-token.js'
import { verifyToken } from '../../otp/verify-token.js'
import { signInAsker } from '../asker.js'
import type { Auth } from '../auth.js'
import { checkPassword, type PasswordCheck } from '../check-password.js'
import type { PasswordUser } from '../found-login.js'
import { isLedToSetUp, setUpAddress } from '../enrolment.js'
import { openSession } from '../open-session.js'
import {
  beginning,
  deviceFactor,
  exchangeSession,
  goingOn,
  passwordFactor,
  startPending,
  startSession,
} from '../session.js'
import { type Answer, explained, refused, throttled, tokenRefused } from './answer.js'
import { useTrustedBrowser } from '../trusted-browser/use-trusted-browser.js'
import { type LoginForm, wishesOf } from './forms.js'
import { isKnownBrowser } from './known-browser.js'
import { recogniseBrowser } from './recognise-browser.js'
import { askChallenge } from './ask-challenge.js'
import { signIn, signInTrusted, wayIn } from './sign-in.js'
import { isBlank } from '../../typed-text/clean-text.js'

/** The password step. With a token in the same form it is the whole sign-in. */
export async function submitPassword(auth: Auth, req: Request, form: LoginForm): Promise<Answer> {
  const check = await checkPassword(auth, req, form.username ?? '', form.password ?? '')
  if (!check.ok && check.reason === 'wait') return passwordWaits(auth, check)
  if (!check.ok) return refused('password', 'invalid_login')
  if (form.otp_token && !isBlank(form.otp_token)) return submitBoth(auth, req, check, form, form.otp_token)
  return awaitToken(auth, req, check, safeNext(form.next))
}

type Passed = Extract<PasswordCheck, { ok: true }>

/** After too many failures in a row waiting helps little: the text names what does. */
function passwordWaits({ hostUsers }: Auth, check: Extract<PasswordCheck, { reason: 'wait' }>): Answer {
  const reason = hostUsers === null ? 'errors:password_locked' : 'errors:password_locked_host'
  return { ...throttled('password', check.retryAfter), ...(check.ended && { reason }) }
}

/**
 * Whoever has a second factor is signed in by it only, also where none of it can be asked at
 * present: the token step says who can help. Whoever has none is signed in, unverified.
 */
async function awaitToken(auth: Auth, req: Request, { user, changes }: Passed, next: string | null): Promise<Answer> {
  const devices = await devicesForUser(auth.otp, user.id, { changes })
  const now = auth.clock.now()
  if (devices.length > 0) {
    if (await goesOn(req, user, now)) return { ok: true, location: wayIn(user, next) }
    const factor = await useTrustedBrowser(auth, req, user)
    const passed = [passwordFactor(now.getTime())]
    if (factor) return signInTrusted(auth, req, { user, passed, factor, next })
    await startPending(req, user, now)
    return sendFirstCode(auth, req, user, devices, next)
  }
  if (await userHasDevice(auth.otp, user.id)) {
    await startPending(req, user, now)
    return { ok: true, location: loginAddress(next) }
  }
  await startSession(req, user, [passwordFactor(now.getTime())], now)
  await recogniseBrowser(auth, req, user.id, { told: false, verified: false })
  const about = { userId: user.id, at: now, origin: describeOrigin(req), device: null, how: 'password' } as const
  auth.otp.events.tell('signedIn', about)
  if (isLedToSetUp(auth, user)) return { ok: true, location: setUpAddress(next) }
  return { ok: true, location: user.isStaff ? loginAddress(next) : (next ?? '/account/two-factor') }
}

/**
 * Whether this browser is signed in as that person already, with a token: from another tab.
 * The session goes on under a new id. @returns false also where it has ended meanwhile
 */
async function goesOn(req: Request, { id }: PasswordUser, now: Date): Promise<boolean> {
  const isHere = req.user?.id === id && req.user.isVerified()
  return isHere && exchangeSession(req, goingOn(req, passwordFactor(now.getTime())))
}

/** A default device that sends codes sends the first one unasked; a wait for it is shown by the page. */
async function sendFirstCode(
  auth: Auth,
  req: Request,
  user: PasswordUser,
  devices: readonly ListedDevice[],
  next: string | null,
): Promise<Answer> {
  const location = loginAddress(next)
  if (!devices[0]?.interactive) return { ok: true, location }
  const asker = signInAsker(req, await isKnownBrowser(auth, req, user.id))
  const answer = await askChallenge(
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
): Promise<Answer> {
  const asker = signInAsker(req, await isKnownBrowser(auth, req, user.id))
  const submission = { userId: user.id, token, origin: describeOrigin(req), asker }
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
    if (verification.reason === 'session_ended') return refused('password', 'login_expired')
    await keepFailure(auth, changes)
    const refusal = tokenRefused('password', verification, auth.clock.now())
    return explained(auth, refusal, verification, { token, deviceId: form.otp_device ?? '' })
  }
  return signIn(auth, req, { user, by: 'token', device: verification.device, changes, ...wishesOf(form) })
}

/** The password was correct and the token was not: only the sender's network has failed. */
async function keepFailure({ database }: Auth, changes: readonly Change[]): Promise<void> {
  for (const { sql, values } of changes.filter((change) => !('limited' in change.values)))
    await runStatement(database, undefined, sql, values)
}
