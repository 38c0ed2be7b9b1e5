import { normalisePassword } from '../../crypto/hash-password.js'

/** NIST SP 800-63B-4 §3.1.1.2: at least eight characters if there is a second factor. */
export const MIN_PASSWORD_LENGTH = 8
/** The maximum number of characters, also at sign-in. */
export const MAX_PASSWORD_LENGTH = 1024

/** Why a password is not taken, with a code that `locales/…/errors.json` has words for. */
export type PasswordProblem = 'password_too_short' | 'password_too_long' | 'password_too_close' | 'password_too_common'

/**
 * Validates a new password as NIST SP 800-63B-4 §3.1.1.2 requires: its length, a list of the most
 * common ones, and names of the account itself. There are no rules about kinds of characters.
 *
 * @param names what the password must not be: the email address and the name of the site
 * @returns the error code, or null if the password can be used
 */
export async function validatePassword(typed: string, names: readonly string[]): Promise<PasswordProblem | null> {
  const password = normalisePassword(typed)
  if (Array.from(password).length < MIN_PASSWORD_LENGTH) return 'password_too_short'
  if (password.length > MAX_PASSWORD_LENGTH) return 'password_too_long'
  const plain = password.toLowerCase()
  const taken = names
    .flatMap((name) => [name, name.replace(/@.*$/s, '')])
    .map((name) => normalisePassword(name.toLowerCase()))
  if (taken.includes(plain)) return 'password_too_close'
  return (await commonPasswords()).has(plain) ? 'password_too_common' : null
}

let common: Promise<ReadonlySet<string>> | undefined

/** Returns the 50,000 most common passwords, loaded when a user first chooses one. */
function commonPasswords(): Promise<ReadonlySet<string>> {
  common ??= import('@zxcvbn-ts/language-common').then(
    // The package is CommonJS, so the bundle has only its default export.
    ({ default: { dictionary } }) => new Set(dictionary['passwords-common'].map(String)),
  )
  return common
}
