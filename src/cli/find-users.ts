import { Op, type Transaction } from 'sequelize'
import type { User } from '../db/models/user.js'
import { SiteError } from '../errors.js'
import type { Otp } from '../otp/otp.js'
import { emailCandidates } from '../typed-text/read-email.js'

/** Finds the user for each email address, in any case. The result has the order of `emails`. */
export async function findUsers(
  otp: Otp,
  emails: readonly string[],
  transaction?: Transaction,
): Promise<{ email: string; user: User | undefined }[]> {
  const { models, sequelize } = otp.database
  const candidates = emails.map(emailCandidates)
  const users = await models.User.findAll({
    where: sequelize.where(sequelize.fn('lower', sequelize.col('email')), { [Op.in]: candidates.flat() }),
    ...(transaction && { transaction }),
  })
  const byEmail = new Map(users.map((user) => [user.email.toLowerCase(), user]))
  return emails.map((email, index) => {
    const [user] = (candidates[index] ?? []).flatMap((candidate) => byEmail.get(candidate) ?? [])
    return { email, user }
  })
}

/** Finds the users of all these email addresses. @throws SiteError `unknown_user` if one has no user */
export async function findUsersOrFail(otp: Otp, emails: readonly string[], transaction: Transaction): Promise<User[]> {
  const found = await findUsers(otp, emails, transaction)
  assertAllFound(found)
  return found.flatMap(({ user }) => user ?? [])
}

/** @throws SiteError `unknown_user`, which names every email address without a user */
export function assertAllFound(found: readonly { email: string; user: User | undefined }[]): void {
  const unknown = found.filter(({ user }) => !user).map(({ email }) => email)
  if (unknown.length === 0) return
  throw new SiteError(
    'unknown_user',
    `No such user: ${unknown.join(', ')}.`,
    'Look up the email address in the panel, or create the user with `otp-admin create-user --email E`.',
  )
}

/** Finds one user. @throws SiteError `unknown_user` */
export async function findUserOrFail(otp: Otp, email: string, transaction?: Transaction): Promise<User> {
  const found = await findUsers(otp, [email], transaction)
  assertAllFound(found)
  const user = found[0]?.user
  if (!user) throw new Error('An email address was neither found nor rejected.')
  return user
}
