import { Op, type Transaction } from 'sequelize'
import type { User } from '../db/models/user.js'
import { hasMetadata } from '../db/site-metadata.js'
import { SiteError } from '../errors.js'
import type { Otp } from '../otp/otp.js'
import { emailCandidates } from '../typed-text/read-email.js'

/** The users that an email address can refer to: none, one, or several of a host application, which can share one. */
export interface UsersOfEmail {
  email: string
  users: User[]
}

/** Finds the users of each email address, in any case. The result has the order of `emails`. */
export async function findUsers(
  otp: Otp,
  emails: readonly string[],
  transaction?: Transaction,
): Promise<UsersOfEmail[]> {
  const { models, sequelize } = otp.database
  const candidates = emails.map(emailCandidates)
  const isHosted = await hasMetadata(otp.database, 'people', 'application', transaction)
  const users = await models.User.findAll({
    where: sequelize.where(sequelize.fn('lower', sequelize.col('email')), { [Op.in]: candidates.flat() }),
    order: ['id'],
    ...(transaction && { transaction }),
  })
  return emails.map((email, index) => ({ email, users: usersOf(users, candidates[index] ?? [], isHosted) }))
}

/**
 * Returns the users that can sign in with an email address: the site's own, or those of the host
 * application if the site was last started with its adapter. Only if there are none, the others.
 */
function usersOf(users: readonly User[], candidates: readonly string[], isHosted: boolean): User[] {
  const bySource = [isHosted, !isHosted].map((hosted) => users.filter((user) => (user.external_id !== null) === hosted))
  const groups = bySource.flatMap((some) =>
    candidates.map((candidate) => some.filter((user) => user.email.toLowerCase() === candidate)),
  )
  return groups.find((group) => group.length > 0) ?? []
}

/** Finds the users of all these email addresses. @throws SiteError see {@link assertOneEach} */
export async function findUsersOrFail(otp: Otp, emails: readonly string[], transaction: Transaction): Promise<User[]> {
  const found = await findUsers(otp, emails, transaction)
  assertOneEach(found)
  return found.flatMap(({ users }) => users)
}

/** @throws SiteError `unknown_user` or `ambiguous_user`, which names every email address without a user, or with several */
export function assertOneEach(found: readonly UsersOfEmail[]): void {
  const unknown = found.filter(({ users }) => users.length === 0).map(({ email }) => email)
  if (unknown.length > 0)
    throw new SiteError(
      'unknown_user',
      `No such user: ${unknown.join(', ')}.`,
      'Look up the email address in the panel, or create the user with `otp-admin create-user --email E`.',
    )
  const ambiguous = found.filter(({ users }) => users.length > 1).map(({ email }) => email)
  if (ambiguous.length > 0)
    throw new SiteError(
      'ambiguous_user',
      `Several users have the email address: ${ambiguous.join(', ')}.`,
      'Use the panel, where each of them has a page, or give them different email addresses in the application.',
    )
}

/** Finds one user. @throws SiteError see {@link assertOneEach} */
export async function findUserOrFail(otp: Otp, email: string, transaction?: Transaction): Promise<User> {
  const found = await findUsers(otp, [email], transaction)
  assertOneEach(found)
  const user = found[0]?.users[0]
  if (!user) throw new Error('An email address was neither found nor rejected.')
  return user
}
