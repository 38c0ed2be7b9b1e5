import type { Task } from 'graphile-worker'
import type { NotifyServices } from '../notify.js'
import type { TaskName } from './payloads.js'
import { sendKindCode } from './send-kind-code.js'
import { sendMail } from './send-mail.js'
import { sendMailCode } from './send-mail-code.js'
import { sendPhoneCode } from './send-phone-code.js'

/** Returns the tasks of a worker, by the name that `enqueue` uses. */
export function taskList(notify: NotifyServices): Record<TaskName, Task> {
  return {
    'send-mail': sendMail(notify),
    'send-nothing': sendMail({ ...notify, ...NOWHERE }, 'send-nothing'),
    'send-mail-code': sendMailCode(notify),
    'send-phone-code': sendPhoneCode(notify),
    'send-kind-code': sendKindCode(notify),
  }
}

/** A gateway that sends nothing, and records nothing. */
const NOWHERE: Pick<NotifyServices, 'mail' | 'recordUndelivered'> = {
  mail: { send: async () => {}, close: () => {} },
  recordUndelivered: async () => {},
}
