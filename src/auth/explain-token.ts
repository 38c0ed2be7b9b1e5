import type { Cause, Device, Verification } from '../otp/device.js'
import type { Kind } from '../otp/kinds/kind.js'
import { isSuspicion } from '../otp/cause.js'
import type { Otp } from '../otp/otp.js'
import { parsePersistentId } from '../otp/persistent-id.js'
import { isFromKey, parseAnswer } from '../otp/webauthn/parse-response.js'

interface Submitted {
  token: string
  /** The device that was asked; an empty text if none was named. */
  deviceId: string
  /** Others that the person could have meant. */
  devices?: readonly Pick<Device, 'kind'>[]
}

/**
 * The key of the text that explains a rejected token: what was wrong with it, where that tells an
 * attacker nothing, else what people get wrong with such a device. Undefined: the code's own text.
 */
export function explainToken(
  { kinds }: Pick<Otp, 'kinds'>,
  verification: Exclude<Verification, { ok: true }>,
  { token, deviceId, devices = [] }: Submitted,
): string | undefined {
  if (verification.reason === 'verification_not_allowed') return verification.message
  if (verification.reason !== 'invalid_token') return undefined
  // A key's answer was not typed, so it was not mistyped.
  if (isFromKey(token)) return explainKey(verification.because, token)
  const { because } = verification
  if (because && !isSuspicion(because)) return `errors:wrong_token.${because}`
  const kind = kinds.find(({ name }) => name === parsePersistentId(deviceId)?.kind)
  if (!kind) return undefined
  return kind.couldBe(token) ? textOf(kind) : explainShape(kinds, kind, token, devices)
}

function explainKey(because: Cause | undefined, token: string): string {
  if (!parseAnswer(token)) return 'keys:unreadable'
  return keySuspicionText(because) ?? 'keys:refused'
}

/** The key of the text about a key that is not what it was; undefined for all other causes. */
export function keySuspicionText(because: Cause | undefined): string | undefined {
  if (because === 'backup_changed') return 'keys:backup_changed'
  return because === 'counter_not_higher' ? 'keys:stopped_counting' : undefined
}

function textOf({ rejection }: Kind): string | undefined {
  return rejection && `errors:wrong_token.${rejection}`
}

/** Looks at the shape only: whether it is a right token of another device is not looked at. */
function explainShape(
  kinds: readonly Kind[],
  asked: Kind,
  token: string,
  devices: readonly Pick<Device, 'kind'>[],
): string | undefined {
  const fits = kinds.some(({ name, couldBe }) => couldBe(token) && devices.some(({ kind }) => kind === name))
  if (fits) return 'errors:wrong_token.other_device'
  return asked.unguessable || asked.field ? textOf(asked) : 'errors:wrong_token.not_a_code'
}
