import type { Task } from 'graphile-worker'
import type { Notify } from '../notify.js'
import type { TaskName } from './names.js'
import { sendKindCode } from './send-kind-code.js'
import { sendMail } from './send-mail.js'
import { sendMailCode } from './send-mail-code.js'
import { sendPhoneCode } from './send-phone-code.js'

/** Returns the tasks of a worker, by the name that `enqueue` uses. */
export function taskList(notify: Notify): Record<TaskName, Task> {
  return {
    'send-mail': sendMail(notify),
    'send-nothing': sendMail({ ...notify, ...NOWHERE }, 'send-nothing'),
    'send-mail-code': sendMailCode(notify),
    'send-phone-code': sendPhoneCode(notify),
    'send-kind-code': sendKindCode(notify),
  }
}

/** A gateway that sends nothing, and records nothing. */
const NOWHERE: Pick<Notify, 'mail' | 'recordUndelivered'> = {
  mail: { send: async () => {}, close: () => {} },
  recordUndelivered: async () => {},
}
