import { email } from './email.js'
import { hotp } from './hotp.js'
import type { Kind } from './kind.js'
import { phone } from './phone.js'
import { staticKind } from './static.js'
import { totp } from './totp.js'
import { webauthn } from './webauthn.js'

/**
 * The kinds that the site brings, in the order of preference: a person is asked for a device of
 * the first kind first. They are registered together with those from outside, in the same way.
 */
export const builtInKinds: readonly Kind[] = [totp, webauthn, hotp, phone, email, staticKind]
