import type { Transaction } from 'sequelize'
import type { Keyring } from '../crypto/keyring.js'
import type { Database } from '../db/connect.js'
import { runStatement } from '../db/run-statement.js'

/**
 * Where a password was entered. `anyone`: nothing else was shown. `known_browser`: this person
 * has signed in here before. `inside`: a session or an invitation of this person.
 */
export const passwordLanes = ['anyone', 'known_browser', 'inside'] as const

export type PasswordLane = (typeof passwordLanes)[number]

/** Whose password it is: an account of the site, one of the host application, or a login that nobody has. */
export type PasswordSubject = `user:${number}` | `external:${string}` | `login:${string}`

/** How the failed passwords of one lane are stored, under every known key, newest first. */
export function passwordHashes(keys: Keyring, lane: PasswordLane, subject: PasswordSubject): string[] {
  return keys.hashes('password_failures', `${lane}:${subject}`)
}

/**
 * Clears the waits after incorrect passwords of one account, in all lanes: someone has proved
 * that it is theirs, or an administrator helps them.
 *
 * @returns whether there was anything to clear
 * @example await clearPasswordWaits(otp, transaction, user.id)
 */
export async function clearPasswordWaits(
  { database, keys }: { database: Database; keys: Keyring },
  transaction: Transaction,
  userId: number,
): Promise<boolean> {
  const [user] = await runStatement<{ external: string | null }>(
    database,
    transaction,
    'select external_id as external from users where id = $userId',
    { userId },
  )
  const subject = user?.external ? (`external:${user.external}` as const) : (`user:${userId}` as const)
  const hashes = passwordLanes.flatMap((lane) => passwordHashes(keys, lane, subject))
  const sql = 'delete from password_failures where subject_hash = any($hashes) returning failures'
  return (await runStatement<{ failures: number }>(database, transaction, sql, { hashes })).some(
    ({ failures }) => failures > 0,
  )
}

/**
 * What a new password ends: the waits after incorrect ones, and the lane of browsers that are
 * known by the old password alone. Its user knew that password, and could
 * keep the owner's own browsers waiting. Browsers where a second factor was given stay known.
 *
 * The rows stay, so that the next sign-in is not taken for the account's first.
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
