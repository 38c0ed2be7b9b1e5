import type { PasswordSubject, TypedLogin } from '../otp/password-waits.js'

/** Somebody whose password was right. */
export interface PasswordUser {
  id: number
  email: string
  isStaff: boolean
  authEpoch: number
}

/** Whom a login names, before the password is checked. For a login that nobody has it takes the same steps. */
export interface FoundLogin {
  login: TypedLogin
  subject: PasswordSubject | null
  /** Null: nobody has it, or the host application's person has not signed in here yet. */
  userId: number | null
  /** @returns null if this password signs nobody in */
  check(password: string): Promise<PasswordUser | null>
  /** Takes the time of an incorrect password. */
  reject(password: string): Promise<null>
}
