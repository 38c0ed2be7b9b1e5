import type { KindCode, MailCode, PhoneCode } from '../codes.js'
import type { Mail } from '../mails.js'

/** Every task, with what it is given. */
export interface TaskPayloads {
  'send-mail': Mail
  /** Stands for a mail to a login that nobody has: the same work, and nothing is sent. */
  'send-nothing': Mail
  'send-mail-code': MailCode
  'send-phone-code': PhoneCode
  'send-kind-code': KindCode
}

export type TaskName = keyof TaskPayloads
