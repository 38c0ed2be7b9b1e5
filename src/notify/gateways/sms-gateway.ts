/** Why a message did not go out, as its reader may know it; `errors:undelivered` has a text for each. */
export type Undelivered =
  | 'invalid_number'
  | 'unreachable_number'
  | 'unsubscribed'
  | 'too_many_messages'
  | 'account_limit'
  | 'address_refused'
  | 'mailbox_full'
  | 'gateway_refused'
  | 'gateway_unavailable'

/** `detail` is for the log: codes only, never what the other side wrote, which can quote the number or the text. */
export type Delivered = { ok: true } | { ok: false; reason: Undelivered; detail: string }

interface PhoneMessage {
  /** UUID of the message. */
  id: string
  date: Date
  /** E.164. */
  to: string
}

/** A message to be read. */
export interface TextMessage extends PhoneMessage {
  text: string
  /** Seconds; later it is of no use and need not arrive. */
  validFor: number
}

/** A message to be heard. */
export interface SpokenMessage extends PhoneMessage {
  voice: Voice
  /** One after the other, with a pause after each. A digit is a text of its own. */
  says: readonly string[]
}

/** The voices that we have texts for: language and region (BCP 47). */
export const voices = ['de-DE', 'en-US', 'es-ES', 'fr-FR', 'ja-JP', 'nl-NL', 'pl-PL', 'pt-BR', 'zh-CN'] as const
export type Voice = (typeof voices)[number]

/** Where text messages and calls leave the house. Both answer within ten seconds, whatever the other side does. */
export interface SmsGateway {
  /** Hands one over. @returns once it was taken on, not once it arrived */
  sendText(message: TextMessage): Promise<Delivered>
  /** Calls and speaks. @returns once the call was begun */
  call(message: SpokenMessage): Promise<Delivered>
}
