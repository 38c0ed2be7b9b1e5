import type { Task } from 'graphile-worker'
import { translatorFor } from '../../i18n/translator.js'
import { mailCode } from '../codes.js'
import { deliverCode, minutesLeft } from '../deliver-code.js'
import { DeliveryError } from '../delivery-error.js'
import type { DeliveryResult, DeliveryFailure } from '../gateways/sms-gateway.js'
import type { OutgoingMail } from '../gateways/mail-gateway.js'
import { mailSchema } from '../mails.js'
import type { NotifyServices } from '../notify.js'
import { renderMail } from '../render-mail.js'
import { openPayload } from '../seal-payload.js'
import { cleanName } from '../../typed-text/read-name.js'

/** Milliseconds that the mail server gets. The page that waits gives up after ten seconds. */
const WHOLE = 8_000

/** Sends one code by email. It is not retried, unlike other emails, because the code would be too late. */
export function sendMailCode(notify: NotifyServices): Task {
  const host = new URL(notify.baseUrl).hostname
  return async (payload, { job }) => {
    const { message, content } = openPayload(notify.keys, 'send-mail-code', payload)
    const { to, name, language, code, ...challenge } = mailCode.parse(content)
    const minutes = minutesLeft(challenge.expiresAt, notify.clock.now())
    const mail = mailSchema.parse({ mail: 'sign-in-code', to, name, language, code, minutes })
    const outgoing = {
      ...renderMail(mail, notify.siteName, translatorFor(language)),
      messageId: `<${message}@${host}>`,
      date: job.created_at,
      to: { name: cleanName(mail.name), address: to },
    }
    await deliverCode(notify, { ...challenge, code }, { job: job.id, task: 'send-mail-code' }, () =>
      handOver(notify, outgoing),
    )
  }
}

async function handOver({ mail }: NotifyServices, outgoing: OutgoingMail): Promise<DeliveryResult> {
  try {
    await mail.send(outgoing, AbortSignal.timeout(WHOLE))
    return { ok: true }
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error
    return { ok: false, reason: reasonOf(error), detail: error.message }
  }
}

function reasonOf({ mailboxFull, permanent }: DeliveryError): DeliveryFailure {
  if (mailboxFull) return 'mailbox_full'
  return permanent ? 'address_refused' : 'gateway_unavailable'
}
