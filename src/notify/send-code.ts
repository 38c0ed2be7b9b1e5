import type { DeliveryResult } from './gateways/sms-gateway.js'

/** A code that is to be delivered. */
export interface CodeMessage {
  /** Where to: the number, address or account that the kind named. */
  to: string
  /** Six digits, as text from end to end: leading zeros count. */
  code: string
  /** Whole minutes that it works, at least one. */
  minutes: number
  /** The person's language, for example `de`. */
  language: string
  /** Aborts after eight seconds: the person waits for the page. */
  signal: AbortSignal
}

/**
 * Delivers one code, in the process of the worker.
 *
 * @returns whether it is on its way, or why not. What it throws counts as `gateway_unavailable`.
 */
export type SendCode = (message: CodeMessage) => Promise<DeliveryResult>
