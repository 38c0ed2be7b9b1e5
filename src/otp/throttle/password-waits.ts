import type { Transaction } from 'sequelize'
import type { Keyring } from '../../crypto/keyring.js'
import type { Database } from '../../db/connect.js'
import { runStatement } from '../../db/run-statement.js'
import { emailCandidates, readLogin } from '../../typed-text/read-email.js'

/**
 * Where a password was entered. `anyone`: at an ordinary sign-in. `known_browser`: in a browser in
 * which this user has signed in before. `inside`: in a session or with an invitation of this user.
 */
export const passwordLanes = ['anyone', 'known_browser', 'inside'] as const

export type PasswordLane = (typeof passwordLanes)[number]

/** The account whose password it is: one of the site, or one of the host application. */
export type PasswordSubject = `user:${number}` | `external:${string}`

/** A login as it was typed, whether it exists or not. */
export type TypedLogin = `login:${string}`

/** Normalises a login of the site. */
export function siteLogin(typed: string): TypedLogin {
  return `login:${emailCandidates(typed)[0] ?? ''}`
}

/**
 * Normalises a login of a host application. Spellings by which an adapter could find one user
 * (capitals, accents, forms of Unicode) become equal. Otherwise each of them would have its own free attempts.
 */
export function hostLogin(typed: string): TypedLogin {
  const plain = readLogin(typed).normalize('NFKD').replace(ACCENTS, '')
  return `login:${plain.toUpperCase().toLowerCase().normalize('NFKC').trim()}`
}

/** Accents in Latin, Greek and Cyrillic. In other scripts, marks change the word. */
const ACCENTS = /[\u0300-\u036f]/g

/** Hashes the subject of failed passwords in one lane, with every known key, newest first. */
export function passwordHashes(
  keys: Keyring,
  lane: PasswordLane,
  subject: PasswordSubject | TypedLogin | `nobody:${string}`,
): string[] {
  return keys.hashes('password_failures', `${lane}:${subject}`)
}

/**
 * Clears the waits after incorrect passwords of one account, in all lanes, because its user has proved
 * that it is theirs or an administrator helps them.
 *
 * @returns whether there was anything to clear
 * @example await clearPasswordWaits(otp, transaction, user.id)
 */
export async function clearPasswordWaits(
  { database, keys }: { database: Database; keys: Keyring },
  transaction: Transaction,
  userId: number,
): Promise<boolean> {
  const [user] = await runStatement<{ external: string | null; email: string }>(
    database,
    transaction,
    'select external_id as external, email from users where id = $userId',
    { userId },
  )
  const external = user?.external ?? null
  const subject = external === null ? (`user:${userId}` as const) : (`external:${external}` as const)
  const login = (external === null ? siteLogin : hostLogin)(user?.email ?? '')
  const accounts = passwordHashes(keys, 'anyone', subject)
  const hashes = [
    ...passwordHashes(keys, 'anyone', login),
    ...accounts,
    ...passwordHashes(keys, 'known_browser', subject),
    // Pages for signed-in users count by the site's own ID, also for a host's users.
    ...[subject, `user:${userId}` as const].flatMap((each) => passwordHashes(keys, 'inside', each)),
  ]
  const rows = await runStatement<{ failures: number }>(database, transaction, CLEAR, { hashes, accounts })
  return rows.some(({ failures }) => failures > 0)
}

/**
 * Returns an SQL condition that selects rows and locks them. The rows of logins come first, as in a counted attempt.
 * Nothing else decides the order: processes that are exchanging keys have them in another order, and a login's row
 * names no account as long as nobody has the login.
 *
 * @param accounts parameter with the hashes of the account in the lane `anyone`
 */
export const lockedPasswordRows = (condition: string, accounts: `$${string}`) => `subject_hash in (
  select subject_hash from password_failures where ${condition}
  order by subject_hash = any(${accounts}::text[]), subject_hash for update
)`

const CLEAR = `delete from password_failures
where ${lockedPasswordRows('(subject_hash = any($hashes::text[]) or accounts && $accounts::text[])', '$accounts')}
returning failures`

/**
 * Ends what depended on an old password: the waits after incorrect ones, and the lane of browsers
 * known by that password alone. An attacker who knew it could otherwise keep the owner's browsers
 * waiting. Browsers in which a second factor was used stay known.
 *
 * The rows stay, so that the next sign-in is not treated as the account's first.
 */
export async function endOldPassword(
  otp: { database: Database; keys: Keyring },
  transaction: Transaction,
  userId: number,
): Promise<void> {
  await clearPasswordWaits(otp, transaction, userId)
  const sql = `update known_browsers set token_hash = 'ended:' || id
    where user_id = $userId and verified_at is null and token_hash not like 'ended:%'`
  await runStatement(otp.database, transaction, sql, { userId })
}
