import type { Config } from '../../config/read-config.js'
import type { AddedKind } from './added-kind.js'
import { email } from './email.js'
import { hotp } from './hotp.js'
import type { Kind } from './kind.js'
import { phone } from './phone.js'
import { staticKind } from './static.js'
import { totp } from './totp.js'
import { webauthn } from './webauthn.js'

/** The kinds that the site brings, used or not, in the order of preference. */
export const builtInKinds: readonly Kind[] = [totp, webauthn, hotp, phone, email, staticKind]

/**
 * Every kind there is, used or not: whoever removes somebody's devices removes them all. Those
 * from outside come before the backup tokens, which are nobody's first choice.
 */
export function everyKind(added: readonly Kind[] = []): readonly Kind[] {
  return [...builtInKinds.filter((kind) => kind !== staticKind), ...added, staticKind]
}

/**
 * The kinds that this configuration uses. A device of any other kind keeps its row, but it
 * verifies nobody and is not offered. The first confirmed device of the first kind is the default.
 *
 * @param added kinds from outside
 */
export function kindsFor(
  { smsGateway, otpEmail }: Pick<Config, 'smsGateway' | 'otpEmail'>,
  added: readonly AddedKind[] = [],
): readonly Kind[] {
  const off = new Set<Kind>([...(smsGateway ? [] : [phone]), ...(otpEmail ? [] : [email])])
  return everyKind(added).filter((kind) => !off.has(kind))
}
