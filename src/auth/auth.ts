import type { Clock } from '../clock.js'
import type { Config } from '../config/read-config.js'
import type { Database } from '../db/connect.js'
import type { IpRateLimit } from '../http/client/ip-rate-limit.js'
import type { Otp } from '../otp/otp.js'
import type { HostUsers } from './host-users/host-users.js'
import type { PolicyConfig } from './policy/policy.js'

/** The services that most functions in `src/auth` take as their first argument. */
export interface Auth {
  config: Pick<
    Config,
    'loginTimeout' | 'otpEnrolment' | 'otpGraceDays' | 'otpPasskeyLogin' | 'otpPolicy' | 'siteName' | 'trustBrowserDays'
  > &
    PolicyConfig
  clock: Clock
  database: Database
  otp: Otp
  ipRateLimit: IpRateLimit
  /** Milliseconds that a page waits at most for the delivery of a code. */
  deliveryWait: number
  /** The host application's users. Null if the site has its own. */
  hostUsers: HostUsers | null
  /** Origins from which browsers can send changes: the public one first. */
  allowedOrigins: ReadonlySet<string>
  /** Whether a user can be redirected to a path: false for paths of the site that only accept POST. */
  hasPage(path: string): boolean
  /** Whether the public URL is https. */
  https: boolean
}
