import { verifyPassword } from '../crypto/hash-password.js'
import type { Auth } from './auth.js'

/** Somebody whose password was right. */
export interface PasswordUser {
  id: number
  email: string
  isStaff: boolean
  authEpoch: number
}

/**
 * Checks address and password. An unknown address, a wrong password and an inactive user
 * take the same steps and the same time, and give the same answer (ASVS 6.3.8).
 *
 * @param email in any case
 * @returns null where they do not sign anybody in; `known` only for the audit trail
 */
export async function checkPassword(
  auth: Auth,
  email: string,
  password: string,
): Promise<{ user: PasswordUser | null; knownId: number | null }> {
  const user = await findUser(auth, email)
  const right = await verifyPassword(user?.password_hash ?? null, password)
  if (!user || !right || !user.is_active) return { user: null, knownId: user?.id ?? null }
  const found = { id: user.id, email: user.email, isStaff: user.is_staff, authEpoch: user.auth_epoch }
  return { user: found, knownId: user.id }
}

function findUser(auth: Auth, email: string) {
  const { User } = auth.database.models
  const { sequelize } = auth.database
  return User.findOne({
    where: sequelize.where(sequelize.fn('lower', sequelize.col('email')), email.trim().toLowerCase()),
    attributes: ['id', 'email', 'password_hash', 'is_staff', 'is_active', 'auth_epoch'],
    raw: true,
  })
}
