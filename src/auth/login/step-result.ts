import { type FormRejection, rejectForm, rejectFormUntil } from '../../http/forms/reject-form.js'
import { isSuspicion } from '../../otp/throttle/cause.js'
import type { NotAllowedReason, Verification, Device } from '../../otp/device.js'
import type { Kind } from '../../otp/kind-registry/kind.js'
import type { Otp } from '../../otp/otp.js'
import { parsePersistentId } from '../../otp/devices/persistent-id.js'
import type { Auth } from '../auth.js'

/** The result of a submitted step: the path to continue at, or a form with the reason of its rejection. */
export type StepResult = { ok: true; location: string } | RejectedStep

/** A rejected step, and which form is shown again. */
export type RejectedStep = { ok: false; step: 'password' | 'token' } & FormRejection

type Step = RejectedStep['step']

export function rejectStep(step: Step, code: string): RejectedStep {
  return { ok: false, step, ...rejectForm(code) }
}

export function rejectThrottled(step: Step, retryAfter: number): RejectedStep {
  return { ok: false, step, ...rejectForm('n_failed_attempts', retryAfter) }
}

export function rejectUntil(step: Step, code: string, until: Date, now: Date): RejectedStep {
  return { ok: false, step, ...rejectFormUntil(code, until, now) }
}

/** Rejects a step for the reason that a device returned. */
export function rejectToken(
  step: Step,
  rejection: NotAllowedReason | { reason: 'invalid_token' },
  now: Date,
): RejectedStep {
  if (rejection.reason === 'verification_not_allowed' && rejection.message !== undefined)
    return { ...rejectStep(step, rejection.reason), text: rejection.message }
  if (rejection.reason !== 'n_failed_attempts') return rejectStep(step, rejection.reason)
  return rejectUntil(step, 'n_failed_attempts', rejection.lockedUntil, now)
}

/** Adds the text that explains what was wrong with a token, if there is one. */
export function explained(
  { otp }: Pick<Auth, 'otp'>,
  rejection: RejectedStep,
  verification: Exclude<Verification, { ok: true }>,
  submitted: Parameters<typeof explainToken>[2],
): RejectedStep {
  const text = explainToken(otp, verification, submitted)
  return text === undefined ? rejection : { ...rejection, text }
}

interface Submitted {
  token: string
  /** Persistent ID of the device that verified the token. Empty if none was chosen. */
  deviceId: string
  /** Other devices that the user could have meant. */
  devices?: readonly Pick<Device, 'kind'>[]
}

/**
 * Finds the key of the text that explains a rejected token: what was wrong with it if that does not
 * help an attacker, otherwise the usual mistakes with such a device. Undefined for the code's own text.
 */
export function explainToken(
  { kinds }: Pick<Otp, 'kinds'>,
  verification: Exclude<Verification, { ok: true }>,
  { token, deviceId, devices = [] }: Submitted,
): string | undefined {
  if (verification.reason === 'verification_not_allowed') return verification.message
  if (verification.reason !== 'invalid_token') return undefined
  const { because } = verification
  // A token that the browser made was not mistyped.
  const made = kinds.find(({ browserToken }) => browserToken?.isMeant(token))
  if (made?.browserToken) return made.browserToken.explain(token, because)
  if (because && !isSuspicion(because)) return `errors:wrong_token.${because}`
  const kind = kinds.find(({ name }) => name === parsePersistentId(deviceId)?.kind)
  if (!kind) return undefined
  return kind.matchesFormat(token) ? textOf(kind) : explainShape(kinds, kind, token, devices)
}

function textOf({ rejection }: Kind): string | undefined {
  return rejection && `errors:wrong_token.${rejection}`
}

/** Checks only the format: whether the token is correct for another device is not verified. */
function explainShape(
  kinds: readonly Kind[],
  chosen: Kind,
  token: string,
  devices: readonly Pick<Device, 'kind'>[],
): string | undefined {
  const isOther = kinds.some(
    ({ name, matchesFormat }) => matchesFormat(token) && devices.some(({ kind }) => kind === name),
  )
  if (isOther) return 'errors:wrong_token.other_device'
  return chosen.unguessable || chosen.field ? textOf(chosen) : 'errors:wrong_token.not_a_code'
}
