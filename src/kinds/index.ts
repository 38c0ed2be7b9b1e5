import { withPages } from '../account/kind-pages.js'
import { email } from '../otp/kinds/email.js'
import { hotp } from '../otp/kinds/hotp.js'
import type { Kind } from '../otp/kinds/kind.js'
import { phone } from '../otp/kinds/phone.js'
import { staticKind } from '../otp/kinds/static.js'
import { totp } from '../otp/kinds/totp.js'
import { webauthn } from '../otp/kinds/webauthn.js'
import { emailPages } from './email/pages.js'
import { hotpPages } from './hotp/pages.js'
import { phonePages } from './phone/pages.js'
import { issueBackupToken } from './static/issue-token.js'
import { staticPages } from './static/pages.js'
import { totpPages } from './totp/pages.js'
import { webauthnPages } from './webauthn/pages.js'

/**
 * The kinds that the site brings, in the order of preference: a person is asked for a device of
 * the first kind first. They are registered together with those from outside, in the same way.
 */
export const builtInKinds: readonly Kind[] = [
  withPages(totp, totpPages),
  withPages(webauthn, webauthnPages),
  withPages(hotp, hotpPages),
  withPages(phone, phonePages),
  withPages(email, emailPages),
  withPages({ ...staticKind, issueToken: issueBackupToken }, staticPages),
]
