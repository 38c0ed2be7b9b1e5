import type { Request } from 'express'
import { networkSender, personSender, type Sender } from '../../http/client/ip-rate-limit.js'
import { readClientInfo } from '../../http/client/read-client-info.js'
import { loginPath, safeNext } from '../../http/paths/safe-next.js'
import type { Device } from '../../otp/device.js'
import type { ListedDevice } from '../../otp/devices/devices-for-user.js'
import type { Asker } from '../../otp/throttle/failures.js'
import { verifyToken } from '../../otp/tokens/verify-token.js'
import { isBlank } from '../../typed-text/clean-text.js'
import type { Auth } from '../auth.js'
import { takeKeyChallenge } from '../browser-challenge.js'
import { rejectToken, rejectUnsent } from '../reject-token.js'
import { sendChallenge } from '../send-challenge.js'
import { challengeOf } from '../session/in-progress.js'
import { openSession, type SessionToOpen } from '../session/open-session.js'
import { newSessionData, deviceFactor, type PassedFactor, passwordFactor } from '../session/session.js'
import type { TokenStep } from './read-login-step.js'
import { type ArrivalForm, arrivalOptions, signIn } from './sign-in.js'
import { type RejectedStep, rejectStep, rejectThrottled, type StepResult } from './step-result.js'

/** The submitted fields about a token. */
export interface TokenForm {
  otp_device?: string | undefined
  otp_token?: string | undefined
  /** Asks for a code instead of submitting one. */
  otp_challenge?: string | undefined
}

/** The user who has to enter a token, and their devices. */
interface PendingVerification {
  userId: number
  devices: readonly ListedDevice[]
  asker: Asker
  /** The session that an accepted token starts. */
  session: SessionToOpen
}

/** Handles the token step: sends a code, or verifies a token and finishes the sign-in. */
export async function submitToken(
  auth: Auth,
  req: Request,
  { user, devices, hasFactor, asker }: TokenStep,
  form: TokenForm & ArrivalForm,
): Promise<StepResult> {
  // No device can verify a token. The page explains who can help.
  if (devices.length === 0 && hasFactor) return rejectStep('token', 'verification_not_allowed')
  const passed = passedBefore(req)
  const now = auth.clock.now()
  const session = {
    dataFor: (device: Device) => newSessionData(req, user, [...passed, deviceFactor(device, now)], now),
  }
  const awaited = { userId: user.id, devices, asker, session }
  const result = await verifySubmittedToken(auth, req, awaited, form)
  if (!result.ok) return result
  if ('challenged' in result) return { ok: true, location: loginPath(safeNext(form.next)) }
  const changes = auth.ipRateLimit.refundStatement(tokenSender(req, awaited))
  return signIn(auth, req, { user, by: 'token', device: result.device, changes, ...arrivalOptions(form) })
}

/** Returns the factors passed before: the password, or those of the unverified session. */
function passedBefore({ session }: Request): PassedFactor[] {
  return session.pending ? [passwordFactor(session.pending.at)] : (session.factors ?? [])
}

/** The device that accepted the token and started the session, the device that sent a code, or a rejection. */
type TokenResult = { ok: true; device: Device } | SendCodeResult

/**
 * Verifies a submitted token, for the sign-in and for a step-up: against the submitted device,
 * otherwise against the default one.
 */
export async function verifySubmittedToken(
  auth: Auth,
  req: Request,
  awaited: PendingVerification,
  form: TokenForm,
): Promise<TokenResult> {
  if (form.otp_challenge !== undefined) return sendLoginCode(auth, req, awaited, form)
  const token = form.otp_token ?? ''
  if (isBlank(token)) return rejectStep('token', 'token_required')
  const wait = await auth.ipRateLimit.take(tokenSender(req, awaited))
  if (wait !== null) return rejectThrottled('token', wait)
  const { userId, devices, asker } = awaited
  const target = await readTarget(auth, req, devices, form, token)
  const submission = { userId, token, client: readClientInfo(req), asker, ...target }
  const verification = await openSession(req, awaited.session, (opens) =>
    verifyToken(auth.otp, { ...submission, opens }),
  )
  if (verification.ok) return verification
  if (verification.reason === 'session_ended') return rejectStep('password', 'login_expired')
  return rejectStep('token', rejectToken(auth, verification, { token, ...target, devices }))
}

/** Returns whose limit a token is counted in: the user's, in a session or browser of theirs, or the IP address's. */
export function tokenSender(req: Request, { userId, asker }: Pick<PendingVerification, 'userId' | 'asker'>): Sender {
  return asker.lane === 'sign_in' ? networkSender(req) : personSender(userId)
}

/** Finds the device that verifies the token, and the challenge of this session. */
async function readTarget(auth: Auth, req: Request, devices: readonly ListedDevice[], form: TokenForm, token: string) {
  const made = auth.otp.kinds.find((kind) => kind.browserToken && kind.matchesFormat(token))
  if (made?.browserToken) {
    const challenge = takeKeyChallenge(req, 'verify')
    return { deviceId: (await made.browserToken.findDevice(auth.otp, token)) ?? '', challenge }
  }
  const deviceId = form.otp_device || defaultDevice(auth, devices, token)
  return { deviceId, challenge: challengeOf(req, deviceId) }
}

/** Finds the first device whose kind can have such a token, for a backup token typed into the field for codes. */
function defaultDevice({ otp }: Auth, devices: readonly ListedDevice[], token: string): string {
  const matchesFormat = new Set(otp.kinds.filter((kind) => kind.matchesFormat(token)).map((kind) => kind.name))
  return (devices.find((device) => matchesFormat.has(device.kind)) ?? devices[0])?.persistentId ?? ''
}

/** The device that sends a code, or why it does not. The page is shown again, with a field for the code. */
type SendCodeResult = { ok: true; challenged: Device } | RejectedStep

/** Sends a code: from the submitted device, otherwise from the first one that can send codes. */
export async function sendLoginCode(
  auth: Auth,
  req: Request,
  { userId, devices, asker }: Omit<PendingVerification, 'session'>,
  form: TokenForm,
): Promise<SendCodeResult> {
  const deviceId = form.otp_device || devices.find((device) => device.interactive)?.persistentId
  if (!deviceId) return rejectStep('token', 'not_interactive')
  const sent = await sendChallenge(auth, req, { userId, deviceId, asker })
  if (sent.outcome === 'sent' || sent.outcome === 'still_pending') return { ok: true, challenged: sent.device }
  return rejectStep('token', rejectUnsent(auth, sent))
}
