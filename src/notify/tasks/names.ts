import type { MailCode, PhoneCode } from '../codes.js'
import type { Mail } from '../mails.js'

/** Every task, with what it is given. */
export interface TaskPayloads {
  'send-mail': Mail
  'send-mail-code': MailCode
  'send-phone-code': PhoneCode
}

export type TaskName = keyof TaskPayloads
