import type { KindCode, MailCode, PhoneCode } from '../codes.js'
import type { Mail } from '../mails.js'

/** Every task, with its payload. */
export interface TaskPayloads {
  'send-mail': Mail
  /** Used for a login without an account: the same work as `send-mail`, but nothing is sent. */
  'send-nothing': Mail
  'send-mail-code': MailCode
  'send-phone-code': PhoneCode
  'send-kind-code': KindCode
}

export type TaskName = keyof TaskPayloads
