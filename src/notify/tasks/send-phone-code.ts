import type { Task } from 'graphile-worker'
import { translatorFor } from '../../i18n/translator.js'
import { type PhoneCode, phoneCode } from '../codes.js'
import { deliverCode, minutesLeft } from '../deliver-code.js'
import type { DeliveryResult, SmsGateway } from '../gateways/sms-gateway.js'
import type { NotifyServices } from '../notify.js'
import { renderVoiceCode, renderTextCode } from '../render-phone-code.js'
import { openPayload } from '../seal-payload.js'

/** Sends one code to a phone, by text message or call. */
export function sendPhoneCode(notify: NotifyServices): Task {
  return async (payload, { job }) => {
    const { message, content } = openPayload(notify.keys, 'send-phone-code', payload)
    const code = phoneCode.parse(content)
    const about = { job: job.id, task: 'send-phone-code' }
    await deliverCode(notify, code, about, () => handOver(notify, code, { id: message, date: job.created_at }))
  }
}

async function handOver(
  notify: NotifyServices,
  code: PhoneCode,
  envelope: { id: string; date: Date },
): Promise<DeliveryResult> {
  const { sms } = notify
  if (!sms) return { ok: false, reason: 'gateway_unavailable', detail: 'no SMS_GATEWAY' }
  const message = { ...envelope, to: code.number }
  return code.method === 'call'
    ? sms.call({ ...message, ...spoken(notify, code) })
    : sendText(notify, sms, code, message)
}

function spoken({ siteName: site }: NotifyServices, { code, language }: PhoneCode) {
  return renderVoiceCode({ code, site }, translatorFor(language))
}

function sendText(
  { siteName: site, baseUrl, clock }: NotifyServices,
  sms: SmsGateway,
  { code, language, expiresAt }: PhoneCode,
  message: { id: string; date: Date; to: string },
): Promise<DeliveryResult> {
  const now = clock.now()
  const values = { code, site, host: new URL(baseUrl).hostname, minutes: minutesLeft(expiresAt, now) }
  const validFor = Math.ceil((expiresAt.getTime() - now.getTime()) / 1000)
  return sms.sendText({ ...message, text: renderTextCode(values, translatorFor(language)), validFor })
}
