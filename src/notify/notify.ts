import type { Logger } from 'pino'
import type { Clock } from '../clock.js'
import type { Keyring } from '../crypto/keyring.js'
import type { Database } from '../db/connect.js'
import type { MailGateway } from './gateways/mail-gateway.js'
import type { SmsGateway } from './gateways/sms-gateway.js'
import type { SendCode } from './send-code.js'
import type { Undelivered } from './undelivered.js'

/** What the worker and its tasks need. */
export interface Notify {
  clock: Clock
  database: Database
  keys: Keyring
  log: Logger
  mail: MailGateway
  /** Null: there is none, and no phones. */
  sms: SmsGateway | null
  /** How kinds of device that deliver their codes themselves do so, by the kind's name. */
  codeSenders?: Readonly<Record<string, SendCode>>
  /** Where it is written down that something did not arrive, for those who look after the site. */
  recordUndelivered(undelivered: Undelivered): Promise<void>
  siteName: string
  /** Public address; its host stands in every Message-ID. */
  baseUrl: string
  /** Only one process can have this database open, so a lock found at the start is a dead one's. */
  embedded: boolean
}
