import type { Delivered, Undelivered } from './sms-gateway.js'

/** Of Twilio's Error and Warning Dictionary; what is not here follows its HTTP status. */
const reasons: Readonly<Record<number, Undelivered>> = {
  20429: 'too_many_messages',
  // No number, no number that can be called, no mobile number.
  21211: 'invalid_number',
  21217: 'invalid_number',
  21614: 'invalid_number',
  // The account may not send there, or the way there is closed.
  21214: 'unreachable_number',
  21215: 'unreachable_number',
  21216: 'unreachable_number',
  21408: 'unreachable_number',
  21612: 'unreachable_number',
  // The number's owner answered STOP.
  21610: 'unsubscribed',
}

/**
 * What an exception of Twilio's client means. Its message is left out: it quotes the
 * number, and where the credentials are wrong it says so.
 */
export function describeTwilioFault(error: unknown): Delivered {
  const code = numberIn(error, 'code')
  const status = numberIn(error, 'status')
  const name = textIn(error, 'code') ?? textIn(error, 'name')
  const detail = ['twilio:', status, code ?? name].filter((part) => part !== undefined).join(' ')
  return { ok: false, reason: reasons[code ?? 0] ?? byStatus(status), detail }
}

function byStatus(status: number | undefined): Undelivered {
  if (status === 429) return 'too_many_messages'
  return status !== undefined && status >= 400 && status < 500 ? 'gateway_refused' : 'gateway_unavailable'
}

function numberIn(error: unknown, key: string): number | undefined {
  const value = valueIn(error, key)
  return typeof value === 'number' ? value : undefined
}

/** `ECONNREFUSED`, `AxiosError`: names of faults, which hold nothing of the message. */
function textIn(error: unknown, key: string): string | undefined {
  const value = valueIn(error, key)
  return typeof value === 'string' && /^\w{1,40}$/.test(value) ? value : undefined
}

function valueIn(error: unknown, key: string): unknown {
  return error instanceof Error ? Reflect.get(error, key) : undefined
}
