import type { Task } from 'graphile-worker'
import type { Notify } from '../notify.js'
import type { TaskName } from './names.js'
import { sendKindCode } from './send-kind-code.js'
import { sendMail } from './send-mail.js'
import { sendMailCode } from './send-mail-code.js'
import { sendPhoneCode } from './send-phone-code.js'

/** What a worker can do, by the name under which `enqueue` asks for it. */
export function taskList(notify: Notify): Record<TaskName, Task> {
  return {
    'send-mail': sendMail(notify),
    'send-nothing': sendMail({ ...notify, ...NOWHERE }, 'send-nothing'),
    'send-mail-code': sendMailCode(notify),
    'send-phone-code': sendPhoneCode(notify),
    'send-kind-code': sendKindCode(notify),
  }
}

/** What goes here arrives nowhere, and nobody hears of it. */
const NOWHERE: Pick<Notify, 'mail' | 'recordUndelivered'> = {
  mail: { send: async () => {}, close: () => {} },
  recordUndelivered: async () => {},
}
