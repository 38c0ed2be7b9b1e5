import type { ListedDevice } from '../../otp/devices-for-user.js'
import type { Asker } from '../../otp/failures.js'
import type { SessionToOpen } from '../open-session.js'
import type { LoginForm } from './forms.js'

/** The part of a posted form that is about a token. */
export type TokenForm = Pick<LoginForm, 'otp_device' | 'otp_token' | 'otp_challenge'>

/** Whose token it is to be, and from which devices. */
export interface Awaited {
  userId: number
  devices: readonly ListedDevice[]
  asker: Asker
  /** The session that an accepted token opens. */
  opens: SessionToOpen
}
