import { runHostCode } from '../../host-code.js'
import { within } from '../../within.js'
import { DeliveryError } from '../delivery-error.js'
import type { MailGateway } from './mail-gateway.js'
import type { DeliveryResult, SmsGateway } from './sms-gateway.js'

/** Seconds for one email, as for an SMTP server. */
const MAIL = 30
/** Seconds for one text message or call, because the user waits for the page. */
const PHONE = 10

/**
 * Adds a time limit to an application's mail gateway, because four emails without a response
 * would block all workers. Calls the methods on the gateway itself, which can be a class instance.
 */
export function limitMail(mail: Pick<MailGateway, 'send'> & Partial<MailGateway>, seconds = MAIL): MailGateway {
  return {
    async send(message, signal) {
      const limit = AbortSignal.timeout(seconds * 1000)
      const over = signal ? AbortSignal.any([signal, limit]) : limit
      await Promise.race([runHostCode(() => mail.send(message, over)), failAt(over)])
    },
    close: () => mail.close?.(),
  }
}

/** Rejects when the signal aborts; otherwise never settles. */
async function failAt(over: AbortSignal): Promise<void> {
  if (!over.aborted) await new Promise((resolve) => over.addEventListener('abort', resolve, { once: true }))
  throw new DeliveryError('mail gateway: no response in time', false)
}

/** Adds a time limit to an application's gateway for text messages and calls. */
export function limitSms(sms: SmsGateway, seconds = PHONE): SmsGateway {
  const limited = async (work: () => Promise<DeliveryResult>): Promise<DeliveryResult> =>
    (await within(seconds * 1000, runHostCode(work))) ?? {
      ok: false,
      reason: 'gateway_unavailable',
      detail: 'no response in time',
    }
  return {
    sendText: (message) => limited(() => sms.sendText(message)),
    call: (message) => limited(() => sms.call(message)),
  }
}
