import type { Clock } from '../clock.js'
import type { Keyring } from '../crypto/keyring.js'
import type { Database } from '../db/connect.js'
import type { Events } from './events.js'
import type { Kind } from './kind-registry/kind.js'
import type { RelyingParty } from './relying-party.js'

/** The services that most functions in `src/otp` take as their first argument. */
export interface Otp {
  database: Database
  clock: Clock
  keys: Keyring
  events: Events
  /** Returns the public URL, for links in emails. Called when an email is created. */
  baseUrl(): string
  /** The kinds in use: they verify tokens and are offered for setup. */
  kinds: readonly Kind[]
  /** Every kind, used or not, for example to remove all devices of a user. */
  everyKind: readonly Kind[]
  settings: {
    /** Whether a TOTP device's drift is stored and compensated. */
    totpSync: boolean
    /** Seconds of the first wait after a failure on one device; 0 disables it. */
    throttleFactor: number
    /** Seconds between two challenges of one device; 0 disables it. */
    challengeCooldown: number
    /** Issuer in authenticator apps. */
    siteName: string
    /** The relying party of security keys. Null if they cannot be used on this site's domain. */
    relyingParty: RelyingParty | null
  }
}
