import type { DeliveryResult, SmsGateway, VoiceMessage, TextMessage } from './sms-gateway.js'
import type { TwilioApi } from './twilio-client.js'
import { parseTwilioError } from './twilio-errors.js'

export interface TwilioAccount {
  accountSid: string
  authToken: string
  /** In E.164 format. Calls come from it, and so do messages if there is no messaging service. */
  callerId: string | null
  messagingServiceSid: string | null
  /** Replaces Twilio's own URL, for example with a regional edge. */
  baseUrl: string | null
}

/** Seconds that a phone rings. Shorter than most voicemail delays, so that no voicemail records the code. */
const RING = 15

/** Milliseconds. The page that waits gives up after ten seconds. */
const LONGEST_MS = 8_000

/**
 * Creates a gateway to Twilio. Its client is loaded with the first message or call.
 *
 * @param longest milliseconds that one message or call can take
 */
export function createTwilioGateway(account: TwilioAccount, longest = LONGEST_MS): SmsGateway {
  let opening: Promise<TwilioApi> | undefined
  const load = async () => (await import('./twilio-client.js')).openTwilio({ ...account, longest })
  const open = () => (opening ??= load())
  return {
    sendText: (message) => attempt(async () => sendText(await open(), account, message)),
    call: (message) => attempt(async () => call(await open(), account, message)),
  }
}

async function attempt(send: () => Promise<DeliveryResult>): Promise<DeliveryResult> {
  try {
    return await send()
  } catch (error) {
    return parseTwilioError(error)
  }
}

async function sendText(api: TwilioApi, account: TwilioAccount, message: TextMessage): Promise<DeliveryResult> {
  const sender = account.messagingServiceSid
    ? { messagingServiceSid: account.messagingServiceSid }
    : { from: account.callerId ?? '' }
  const { to, text: body, validFor: validityPeriod } = message
  const { sid } = await api.client.messages.create({ to, body, validityPeriod, ...sender })
  return accepted(sid, /^(SM|MM)/)
}

/** Sends the spoken text in the request itself, so that Twilio does not have to fetch it from a URL with a secret. */
async function call(api: TwilioApi, { callerId }: TwilioAccount, message: VoiceMessage): Promise<DeliveryResult> {
  if (!callerId) return { ok: false, reason: 'gateway_refused', detail: 'twilio: no number to call from' }
  const twiml = api.speak(message.voice, message.phrases)
  const { sid } = await api.client.calls.create({ to: message.to, from: callerId, twiml, timeout: RING })
  return accepted(sid, /^CA/)
}

/** Checks for a message ID: a proxy's page can also have status 200, but only Twilio returns an ID. */
function accepted(sid: unknown, shape: RegExp): DeliveryResult {
  if (typeof sid === 'string' && shape.test(sid)) return { ok: true }
  return { ok: false, reason: 'gateway_unavailable', detail: 'twilio: a response without an ID' }
}
