import type { Task } from 'graphile-worker'
import { translatorFor } from '../../i18n/translator.js'
import { mailSchema } from '../mails.js'
import type { NotifyServices } from '../notify.js'
import { renderMail } from '../render-mail.js'
import { openPayload } from '../seal-payload.js'
import { cleanName } from '../../typed-text/read-name.js'

/** Opens, renders and sends one email. */
export function sendMail(notify: NotifyServices, task: 'send-mail' | 'send-nothing' = 'send-mail'): Task {
  const host = new URL(notify.baseUrl).hostname
  return async (payload, { job, abortSignal }) => {
    const { message, content } = openPayload(notify.keys, task, payload)
    const mail = mailSchema.parse(content)
    if ('expiresAt' in mail && mail.expiresAt <= notify.clock.now()) {
      notify.log.warn({ job: job.id, mail: mail.mail }, 'link expired, email not sent')
      return notify.recordUndelivered({ what: 'mail', mail: mail.mail, userId: mail.userId ?? null, reason: 'expired' })
    }
    const outgoing = {
      ...renderMail(mail, notify.siteName, translatorFor(mail.language)),
      messageId: `<${message}@${host}>`,
      date: job.created_at,
      to: { name: cleanName(mail.name), address: mail.to },
    }
    await notify.mail.send(outgoing, abortSignal)
  }
}
