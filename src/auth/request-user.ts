import type { PersistentId } from '../otp/device.js'
import type { HostUser } from './host-users/users-adapter.js'

/** A group that somebody is in, with what it allows and demands. */
export interface Membership {
  id: number
  name: string
  /** For example `users.view`, `totp_devices.delete`, `users.invite`. */
  permissions: readonly string[]
  /** The group's own; null: the site's. */
  otpPolicy: 'off' | 'staff' | 'everyone' | 'strict' | null
  /** Days; null: the site's. */
  graceDays: number | null
  /** Kinds of device that count as a second factor; null: all that count on this site. */
  kinds: readonly string[] | null
}

/**
 * Who sent this request, as loaded afresh from the database for it. `req.user` is
 * undefined for strangers and for those between password and token.
 */
export interface RequestUser {
  /** The site's number for the person, also where an application has a table of users with ids of its own: see `person`. */
  id: number
  email: string
  name: string
  isStaff: boolean
  isSuperuser: boolean
  groups: readonly Membership[]
  /** When the policy was first seen to demand a second factor that this user did not have; the grace counts from here. */
  policySince: Date | null
  /** Whether a device that still stands verified this session. */
  isVerified(): boolean
  /** The newest such device; null: not verified. */
  otpDevice: PersistentId | null
  /**
   * What the application's users adapter returned for this request, with its own id and all
   * further properties; null where people are in the site's own table. Not enumerable, so
   * that it is in no answer and no log by accident.
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
