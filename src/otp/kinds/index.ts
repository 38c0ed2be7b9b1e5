import type { Config } from '../../config/read-config.js'
import { email } from './email.js'
import { hotp } from './hotp.js'
import type { Kind } from './kind.js'
import { phone } from './phone.js'
import { staticKind } from './static.js'
import { totp } from './totp.js'
import { webauthn } from './webauthn.js'

/** Every kind there is, used or not: whoever removes somebody's devices removes them all. The order is that of preference. */
export const everyKind: readonly Kind[] = [totp, webauthn, hotp, phone, email, staticKind]

/**
 * The kinds that this configuration uses. A device of any other kind keeps its row, but it
 * verifies nobody and is not offered. The first confirmed device of the first kind is the default.
 */
export function kindsFor({ smsGateway, otpEmail }: Pick<Config, 'smsGateway' | 'otpEmail'>): readonly Kind[] {
  const off = new Set([...(smsGateway ? [] : [phone]), ...(otpEmail ? [] : [email])])
  return everyKind.filter((kind) => !off.has(kind))
}
