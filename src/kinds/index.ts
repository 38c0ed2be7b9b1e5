import { withPages } from '../account/kind-pages.js'
import { addHotp } from './hotp/command.js'
import { addBackupToken } from './static/command.js'
import { addTotp } from './totp/command.js'
import { email } from './email/kind.js'
import { hotp } from './hotp/kind.js'
import { withIssuing } from '../otp/kind-registry/issuing-kind.js'
import { withCommand } from '../otp/kind-registry/kind-command.js'
import { type CustomKind, filterCustomKinds } from '../otp/kind-registry/custom-kind.js'
import type { KindMigrations } from '../db/migrations/index.js'
import type { Kind } from '../otp/kind-registry/kind.js'
import { phone } from './phone/kind.js'
import { staticKind } from './static/kind.js'
import { totp } from './totp/kind.js'
import { webauthn } from './webauthn/kind.js'
import { emailPages } from './email/pages.js'
import { hotpPages } from './hotp/pages.js'
import { phonePages } from './phone/pages.js'
import { issueBackupToken } from './static/add-token.js'
import { staticPages } from './static/pages.js'
import { totpPages } from './totp/pages.js'
import { webauthnPages } from './webauthn/pages.js'

/**
 * The built-in kinds, in order of preference: if a user has devices of several kinds, the default is
 * one of the first kind. Custom kinds are registered after them, in the same way.
 */
export const builtInKinds: readonly Kind[] = [
  withCommand(withPages(totp, totpPages), addTotp),
  withPages(webauthn, webauthnPages),
  withCommand(withPages(hotp, hotpPages), addHotp),
  withPages(phone, phonePages),
  withPages(email, emailPages),
  withCommand(withPages(withIssuing(staticKind, issueBackupToken), staticPages), addBackupToken),
]

/** Returns every kind of a site: the built-in ones, then those of the application. */
export function withBuiltInKinds(kinds: readonly CustomKind[] = []): readonly Kind[] {
  return [...builtInKinds, ...kinds]
}

/** Returns the kinds that bring their own migrations. The tables of the others are created by the site's. */
export function kindsToMigrate(kinds: readonly CustomKind[] = []): readonly KindMigrations[] {
  return filterCustomKinds(withBuiltInKinds(kinds))
}
