import type { PersistentId } from '../otp/device.js'

/**
 * Who sent this request, as loaded afresh from the database for it. `req.user` is
 * undefined for strangers and for those between password and token.
 */
export interface RequestUser {
  id: number
  email: string
  name: string
  isStaff: boolean
  isSuperuser: boolean
  /** Whether a device that still stands accepted a token in this session. */
  isVerified(): boolean
  /** That device; null: not verified. */
  otpDevice: PersistentId | null
  /** When it did; null: not verified. */
  verifiedAt: Date | null
}

declare global {
  // oxlint-disable-next-line typescript/no-namespace -- how Express's Request is extended
  namespace Express {
    interface Request {
      user?: RequestUser
    }
  }
}
