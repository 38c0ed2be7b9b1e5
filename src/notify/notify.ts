import type { Logger } from 'pino'
import type { Keyring } from '../crypto/keyring.js'
import type { Database } from '../db/connect.js'
import type { MailGateway } from './gateways/mail-gateway.js'

/** What the worker and its tasks need. */
export interface Notify {
  database: Database
  keys: Keyring
  log: Logger
  mail: MailGateway
  siteName: string
  /** Public address; its host stands in every Message-ID. */
  baseUrl: string
  /** Only one process can have this database open, so a lock found at the start is a dead one's. */
  embedded: boolean
}
