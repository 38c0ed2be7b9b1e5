import type { PasswordSubject, TypedLogin } from '../../otp/password-waits.js'

/** A user whose password was correct. */
export interface PasswordUser {
  id: number
  email: string
  isStaff: boolean
  authEpoch: number
}

/** The result of looking up a login, before the password is checked. An unknown login takes the same steps. */
export interface FoundLogin {
  login: TypedLogin
  subject: PasswordSubject | null
  /** Null if the login is unknown, or the host application's user has not signed in here yet. */
  userId: number | null
  /** Checks the password. Null if it is incorrect or the user is inactive. */
  check(password: string): Promise<PasswordUser | null>
  /** Takes as long as the check of an incorrect password. */
  reject(password: string): Promise<null>
}
