import type { Clock } from '../clock.js'
import type { Keyring } from '../crypto/keyring.js'
import type { Database } from '../db/connect.js'
import type { Events } from './events.js'
import type { Kind } from './kinds/kind.js'
import type { RelyingParty } from './webauthn/relying-party.js'

/** What every function of the core takes first. */
export interface Otp {
  database: Database
  clock: Clock
  keys: Keyring
  events: Events
  /** The kinds in use: they verify and are offered. */
  kinds: readonly Kind[]
  /** Every kind there is, used or not: whoever removes somebody's devices removes them all. */
  everyKind: readonly Kind[]
  settings: {
    /** Keep a TOTP device's drift in step. */
    totpSync: boolean
    /** Seconds; 0 switches the wait on one device off. */
    throttleFactor: number
    /** Seconds between two challenges of one device; 0 switches it off. */
    challengeCooldown: number
    /** Issuer in authenticator apps. */
    siteName: string
    /** For whom security keys answer; null: for nobody at this address. */
    relyingParty: RelyingParty | null
  }
}
