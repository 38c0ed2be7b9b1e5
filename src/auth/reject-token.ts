import { type FormRejection, rejectForm, rejectFormUntil } from '../http/forms/reject-form.js'
import type { Device, NotAllowedReason, Verification } from '../otp/device.js'
import { parsePersistentId } from '../otp/devices/persistent-id.js'
import type { Kind } from '../otp/kind-registry/kind.js'
import { isSuspicion } from '../otp/throttle/cause.js'
import type { Auth } from './auth.js'
import type { SendResult } from './send-challenge.js'

type Services = Pick<Auth, 'otp' | 'clock'>

interface Submitted {
  token: string
  /** Persistent ID of the device that verified the token. Empty if none was chosen. */
  deviceId: string
  /** Other devices that the user could have meant. */
  devices?: readonly Pick<Device, 'kind'>[]
}

/** Rejects a form whose token was not accepted, with the text that explains what was wrong with it, if there is one. */
export function rejectToken(
  { otp, clock }: Services,
  verification: Exclude<Verification, { ok: true }>,
  submitted: Submitted,
): FormRejection {
  if (verification.reason !== 'invalid_token') return rejectNotAllowed(verification, clock.now())
  const text = explainToken(otp.kinds, verification, submitted)
  return { ...rejectForm('invalid_token'), ...(text !== undefined && { text }) }
}

/** Rejects a form that requested a code, because none was sent. */
export function rejectUnsent(
  { clock }: Services,
  unsent: Exclude<SendResult, { outcome: 'sent' | 'still_pending' }>,
): FormRejection {
  switch (unsent.outcome) {
    case 'challenge_exception':
      return { ...rejectForm('challenge_exception'), text: unsent.text }
    case 'cooldown_pending': {
      const rejection = rejectFormUntil('cooldown_pending', unsent.nextAt, clock.now())
      return { ...rejection, ...(unsent.text && { text: unsent.text }) }
    }
    case 'not_interactive':
      return rejectForm('not_interactive')
    case 'not_allowed':
      return rejectNotAllowed(unsent.rejection, clock.now())
  }
}

function rejectNotAllowed(rejection: NotAllowedReason, now: Date): FormRejection {
  if (rejection.reason === 'n_failed_attempts') return rejectFormUntil(rejection.reason, rejection.lockedUntil, now)
  const { message: text } = rejection
  return { ...rejectForm(rejection.reason), ...(text !== undefined && { text }) }
}

/**
 * Finds the key of the text that explains a rejected token: what was wrong with it if that does not
 * help an attacker, otherwise the usual mistakes with such a device. Undefined for the code's own text.
 */
function explainToken(
  kinds: readonly Kind[],
  { because }: Extract<Verification, { reason: 'invalid_token' }>,
  { token, deviceId, devices = [] }: Submitted,
): string | undefined {
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
