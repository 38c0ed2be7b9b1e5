import type { ListedDevice } from '../../otp/devices-for-user.js'
import type { Asker } from '../../otp/failures.js'
import type { SessionToOpen } from '../open-session.js'
import type { LoginForm } from './forms.js'

/** The fields of a submitted form that are about a token. */
export type TokenForm = Pick<LoginForm, 'otp_device' | 'otp_token' | 'otp_challenge'>

/** The user who has to enter a token, and their devices. */
export interface PendingVerification {
  userId: number
  devices: readonly ListedDevice[]
  asker: Asker
  /** The session that an accepted token starts. */
  opens: SessionToOpen
}
