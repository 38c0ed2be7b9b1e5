import type { Request } from 'express'
import { z } from 'zod'
import { readClientInfo } from '../../http/client/read-client-info.js'
import { textField } from '../../http/forms/read-form.js'
import type { Device } from '../../otp/device.js'
import { devicesForUser, type ListedDevice } from '../../otp/devices/devices-for-user.js'
import { MAX_TOKEN_LENGTH } from '../../otp/kind-registry/kind.js'
import { parsePersistentId } from '../../otp/devices/persistent-id.js'
import { sessionAsker } from '../asker.js'
import type { Auth } from '../auth.js'
import { usableDevices } from '../login/read-login-step.js'
import { type RejectedStep, rejectStep } from '../login/step-result.js'
import { verifySubmittedToken, tokenSender } from '../login/submit-token.js'
import type { RequestUser } from '../request-user.js'
import { deviceFactor, continuedData } from '../session/session.js'

export const stepUpForm = z.object({
  otp_device: textField(32),
  otp_token: textField(MAX_TOKEN_LENGTH),
  otp_challenge: textField(32),
  next: textField(2000),
  kinds: textField(400),
})

export type StepUpForm = z.output<typeof stepUpForm>

/** The user who has to enter another token, and the devices that are accepted. */
export interface StepUp {
  user: RequestUser
  /** Accepted kinds. Null: any. */
  kinds: readonly string[] | null
  devices: readonly ListedDevice[]
}

/** `ended`: the session ended in the meantime, because of a sign-out or another token. */
type StepUpAnswer = { ok: true; outcome: 'verified' | 'challenged' | 'ended' } | RejectedStep

/** Verifies a token against one of the accepted devices, and continues the session under a new ID. */
export async function submitStepUp(auth: Auth, req: Request, stepUp: StepUp, form: StepUpForm): Promise<StepUpAnswer> {
  if (isOfWrongKind(auth, stepUp, form)) return rejectStep('token', 'wrong_kind')
  const now = auth.clock.now()
  const { user, devices } = stepUp
  const session = { dataFor: (device: Device) => continuedData(req, deviceFactor(device, now)) }
  const awaited = { userId: user.id, devices, asker: sessionAsker(req), session }
  const answer = await verifySubmittedToken(auth, req, awaited, form)
  // Of two requests with one session, one continues. The token of the other is not consumed.
  if (!answer.ok) return answer.code === 'login_expired' ? { ok: true, outcome: 'ended' } : answer
  if ('challenged' in answer) return { ok: true, outcome: 'challenged' }
  await auth.ipRateLimit.refund(tokenSender(req, awaited))
  const device = answer.device.persistentId
  auth.otp.events.emitAfter('stepUp', { userId: user.id, at: now, client: readClientInfo(req), device })
  return { ok: true, outcome: 'verified' }
}

/** Whether a token is of a kind that does not help. It is not verified, so that it is not consumed. */
function isOfWrongKind(auth: Auth, { kinds }: StepUp, form: StepUpForm): boolean {
  if (!kinds) return false
  const possible = kindsOf(auth, form)
  return possible.length > 0 && !possible.some((kind) => kinds.includes(kind))
}

/** Finds the possible kinds: of a browser's answer, of the submitted device, or by the token's format. */
function kindsOf({ otp }: Auth, { otp_device: named, otp_token: token = '' }: StepUpForm): string[] {
  const possible = otp.kinds.filter((kind) => kind.matchesFormat(token))
  const byBrowser = possible.filter(({ browserToken }) => browserToken)
  if (byBrowser.length > 0) return byBrowser.map(({ name }) => name)
  if (named) return [parsePersistentId(named)?.kind ?? '']
  return possible.map(({ name }) => name)
}

export async function readStepUp(auth: Auth, req: Request, user: RequestUser): Promise<StepUp> {
  const kinds = requestedKinds(auth, req)
  const devices = usableDevices(await devicesForUser(auth.otp, user.id))
  return { user, kinds, devices: devices.filter(({ kind }) => kinds?.includes(kind) ?? true) }
}

/**
 * Reads the kinds that the query or the form names. They only prevent a useless token: without
 * them, the requirement is checked again anyway.
 */
function requestedKinds({ otp }: Auth, req: Request): readonly string[] | null {
  const typed: Record<string, unknown> = req.body ?? {}
  const named = typed['kinds'] ?? req.query['kinds']
  if (typeof named !== 'string') return null
  const kinds = otp.everyKind.flatMap(({ name }) => (named.split(',').includes(name) ? name : []))
  return kinds.length > 0 ? kinds : null
}
