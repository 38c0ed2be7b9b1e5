import type { PersistentId } from '../otp/device.js'
import type { HostUser } from './host-users/users-adapter.js'

/** A group that a user is in, with its permissions and policy. */
export interface Membership {
  id: number
  name: string
  /** For example `users.view`, `totp_devices.delete`, `users.invite`. */
  permissions: readonly string[]
  /** The group's own policy. Null: the site's applies. */
  otpPolicy: 'off' | 'staff' | 'everyone' | 'strict' | null
  /** Days of grace. Null: the site's apply. */
  graceDays: number | null
  /** Kinds of device that are accepted as a second factor. Null: all that are accepted on this site. */
  kinds: readonly string[] | null
}

/**
 * The signed-in user who sent this request, loaded from the database for each request. `req.user`
 * is undefined for anonymous requests and between password and token.
 */
export interface RequestUser {
  /** The site's ID of the user. A host application can have its own IDs: see `person`. */
  id: number
  email: string
  name: string
  isStaff: boolean
  isSuperuser: boolean
  groups: readonly Membership[]
  /** When the policy first required a second factor that this user did not have. The grace period starts here. */
  policySince: Date | null
  /** Whether this session was verified by a device that is still active. */
  isVerified(): boolean
  /** Persistent ID of the most recently used such device. Null if the session is not verified. */
  otpDevice: PersistentId | null
  /**
   * The host application's user, as its users adapter returned it for this request. Null if
   * the site has its own users. Not enumerable, so that it does not get into a response or
   * a log by accident.
   */
  readonly person: HostUser | null
}

declare global {
  // oxlint-disable-next-line typescript/no-namespace -- how Express's Request is extended
  namespace Express {
    interface Request {
      user?: RequestUser
    }
  }
}
