import { verifyPassword } from '../crypto/hash-password.js'
import { runStatement } from '../db/run-statement.js'
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
  if (auth.hostUsers) return auth.hostUsers.checkPassword(email, password)
  const user = await findUser(auth, email)
  const right = await verifyPassword(user?.passwordHash ?? null, password)
  if (!user || !right || !user.isActive) return { user: null, knownId: user?.id ?? null }
  const { id, isStaff, authEpoch } = user
  return { user: { id, email: user.email, isStaff, authEpoch }, knownId: id }
}

type KnownUser = PasswordUser & { passwordHash: string | null; isActive: boolean }

async function findUser({ database }: Auth, email: string): Promise<KnownUser | undefined> {
  const [user] = await runStatement<KnownUser>(database, undefined, USER_BY_EMAIL, {
    email: email.trim().toLowerCase(),
  })
  return user
}

const USER_BY_EMAIL = `
select id, email, password_hash as "passwordHash", is_staff as "isStaff", is_active as "isActive", auth_epoch as "authEpoch"
from users where lower(email) = $email and external_id is null`
