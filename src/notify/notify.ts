import type { Logger } from 'pino'
import type { Clock } from '../clock.js'
import type { Keyring } from '../crypto/keyring.js'
import type { Database } from '../db/connect.js'
import type { MailGateway } from './gateways/mail-gateway.js'
import type { SmsGateway } from './gateways/sms-gateway.js'
import type { SendCode } from './send-code.js'
import type { DeliveryFailure } from './undelivered.js'

/** Services of the worker and its tasks. */
export interface NotifyServices {
  clock: Clock
  database: Database
  keys: Keyring
  log: Logger
  mail: MailGateway
  /** Null: no gateway is configured, so there are no phone devices. */
  sms: SmsGateway | null
  /** How kinds of device that deliver their codes themselves do so, by the kind's name. */
  codeSenders?: Readonly<Record<string, SendCode>>
  /** Records that something could not be delivered, for the administrators. */
  recordUndelivered(undelivered: DeliveryFailure): Promise<void>
  siteName: string
  /** Public URL; its host is part of every Message-ID. */
  baseUrl: string
  /** The database is embedded. Only one process can open it, so a lock found at the start belongs to a dead process. */
  embedded: boolean
}
