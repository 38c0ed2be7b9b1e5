import type { Clock } from '../clock.js'
import type { Config } from '../config/read-config.js'
import type { Database } from '../db/connect.js'
import type { AddressLimit } from '../http/limit-address.js'
import type { Otp } from '../otp/otp.js'
import type { HostUsers } from './host-users/host-users.js'
import type { PolicyConfig } from './policy.js'

/** What every function of this floor takes first. */
export interface Auth {
  config: Pick<
    Config,
    'loginTimeout' | 'otpEnrolment' | 'otpGraceDays' | 'otpPasskeyLogin' | 'otpPolicy' | 'siteName' | 'trustBrowserDays'
  > &
    PolicyConfig
  clock: Clock
  database: Database
  otp: Otp
  addressLimit: AddressLimit
  /** Milliseconds that a page waits at most to hear what became of a code. */
  deliveryWait: number
  /** People of an application's own table; null: ours. */
  hostUsers: HostUsers | null
  /** Public address, for links in mails; read when a mail is made. */
  baseUrl(): string
  /** That one, and further ones that browsers may name as the sender of a change. */
  origins: ReadonlySet<string>
  /** Whether someone can be led to a path: false for those of ours that only take a POST. */
  hasPage(path: string): boolean
  /** Whether it is https. */
  https: boolean
}
