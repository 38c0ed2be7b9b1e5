import type { DeliveryResult, DeliveryFailure } from './sms-gateway.js'

/**
 * Codes from Twilio's Error and Warning Dictionary. For all other codes the HTTP status decides.
 * These concern the recipient's number or the limits of the Twilio account, not the site itself.
 */
const meanings: readonly (readonly [DeliveryFailure, readonly number[]])[] = [
  // Not a number, a premium number or a short code, a landline, the sender's own number.
  ['invalid_number', [13223, 13224, 21201, 21202, 21211, 21217, 21265, 21266, 21604, 21614, 21635, 30006]],
  // The account has no permission to send to this region, the number is blocked, or it cannot be reached.
  [
    'unreachable_number',
    [13225, 13227, 21203, 21214, 21215, 21216, 21408, 21612, 30003, 30004, 30005, 30007, 30008, 30450],
  ],
  // The number's owner answered STOP.
  ['unsubscribed', [21610]],
  // Too many requests, or a queue is full.
  ['too_many_messages', [10004, 14107, 20429, 21611, 30001, 30022, 63017]],
  // A trial account and a number that it has not verified; no funds left; the hourly or daily limit is reached.
  ['account_limit', [10001, 10002, 20005, 21219, 21608, 30002, 30023, 60728, 63038, 572005]],
]

const reasons = new Map(meanings.flatMap(([reason, codes]) => codes.map((code) => [code, reason] as const)))

/**
 * Converts an exception of Twilio's client into a result, without its message, which can quote
 * the number or refer to the credentials.
 */
export function parseTwilioError(error: unknown): DeliveryResult {
  const code = numberIn(error, 'code')
  const status = numberIn(error, 'status')
  const name = textIn(error, 'code') ?? textIn(error, 'name')
  const detail = ['twilio:', status, code ?? name].filter((part) => part !== undefined).join(' ')
  return { ok: false, reason: reasons.get(code ?? 0) ?? byStatus(status), detail }
}

function byStatus(status: number | undefined): DeliveryFailure {
  if (status === 429) return 'too_many_messages'
  if (status === 402) return 'account_limit'
  return status !== undefined && status >= 400 && status < 500 ? 'gateway_refused' : 'gateway_unavailable'
}

function numberIn(error: unknown, key: string): number | undefined {
  const value = valueIn(error, key)
  return typeof value === 'number' ? value : undefined
}

/** Reads a name such as `ECONNREFUSED` or `AxiosError`, which contains nothing of the message. */
function textIn(error: unknown, key: string): string | undefined {
  const value = valueIn(error, key)
  return typeof value === 'string' && /^\w{1,40}$/.test(value) ? value : undefined
}

function valueIn(error: unknown, key: string): unknown {
  return error instanceof Error ? Reflect.get(error, key) : undefined
}
