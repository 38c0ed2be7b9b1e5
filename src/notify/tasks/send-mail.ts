import type { Task } from 'graphile-worker'
import { translatorFor } from '../../i18n.js'
import { mailSchema } from '../mails.js'
import type { Notify } from '../notify.js'
import { renderMail } from '../render-mail.js'
import { openPayload } from '../seal-payload.js'

/** Opens, words and hands over one mail. */
export function sendMail(notify: Notify): Task {
  const host = new URL(notify.baseUrl).hostname
  return async (payload, { job, abortSignal }) => {
    const { message, content } = openPayload(notify.keys, 'send-mail', payload)
    const mail = mailSchema.parse(content)
    const outgoing = {
      ...renderMail(mail, notify.siteName, translatorFor(mail.language)),
      messageId: `<${message}@${host}>`,
      date: job.created_at,
      to: { name: mail.name, address: mail.to },
    }
    await notify.mail.send(outgoing, abortSignal)
  }
}
