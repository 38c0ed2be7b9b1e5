import type { Delivered, SmsGateway, SpokenMessage, TextMessage } from './sms-gateway.js'
import type { TwilioApi } from './twilio-client.js'
import { describeTwilioFault } from './twilio-faults.js'

export interface TwilioAccount {
  accountSid: string
  authToken: string
  /** E.164; calls come from it, and messages where there is no messaging service. */
  callerId: string | null
  messagingServiceSid: string | null
  /** Another address than Twilio's own, such as a regional edge. */
  baseUrl: string | null
}

/** Seconds until a phone counts as not answered: before most mailboxes take the call and keep the code. */
const RING = 15

/** The page that waits gives up after ten seconds. */
const LONGEST_MS = 8_000

/**
 * Sends messages and makes calls by Twilio. Its client is loaded at the first one.
 *
 * @param longest milliseconds that one may take
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

async function attempt(send: () => Promise<Delivered>): Promise<Delivered> {
  try {
    return await send()
  } catch (error) {
    return describeTwilioFault(error)
  }
}

async function sendText(api: TwilioApi, account: TwilioAccount, message: TextMessage): Promise<Delivered> {
  const sender = account.messagingServiceSid
    ? { messagingServiceSid: account.messagingServiceSid }
    : { from: account.callerId ?? '' }
  const { to, text: body, validFor: validityPeriod } = message
  const { sid } = await api.client.messages.create({ to, body, validityPeriod, ...sender })
  return accepted(sid, /^(SM|MM)/)
}

/** What is said travels in the request itself: no address with a secret in it, and nothing of ours that Twilio must reach. */
async function call(api: TwilioApi, { callerId }: TwilioAccount, message: SpokenMessage): Promise<Delivered> {
  if (!callerId) return { ok: false, reason: 'gateway_refused', detail: 'twilio: no number to call from' }
  const twiml = api.speak(message.voice, message.says)
  const { sid } = await api.client.calls.create({ to: message.to, from: callerId, twiml, timeout: RING })
  return accepted(sid, /^CA/)
}

/** A proxy's page can come with status 200; only Twilio gives the message an id. */
function accepted(sid: unknown, shape: RegExp): Delivered {
  if (typeof sid === 'string' && shape.test(sid)) return { ok: true }
  return { ok: false, reason: 'gateway_unavailable', detail: 'twilio: a response without an ID' }
}
