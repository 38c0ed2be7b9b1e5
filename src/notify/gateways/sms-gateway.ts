/** Why a message was not sent, as shown to the user; `errors:undelivered` has a text for each. */
export type DeliveryFailure =
  | 'invalid_number'
  | 'unreachable_number'
  | 'unsubscribed'
  | 'too_many_messages'
  | 'account_limit'
  | 'address_refused'
  | 'mailbox_full'
  | 'gateway_refused'
  | 'gateway_unavailable'

/** `detail` is for the log: only codes, never the provider's own text, which can quote the number or the message. */
export type DeliveryResult = { ok: true } | { ok: false; reason: DeliveryFailure; detail: string }

interface PhoneMessage {
  /** UUID of the message. */
  id: string
  date: Date
  /** In E.164 format. */
  to: string
}

/** A text message. */
export interface TextMessage extends PhoneMessage {
  text: string
  /** Seconds after which it does not have to be delivered. */
  validFor: number
}

/** A call. */
export interface VoiceMessage extends PhoneMessage {
  voice: Voice
  /** Texts to be spoken one after the other, with a pause after each. Every digit is a separate text. */
  phrases: readonly string[]
}

/** The voices that there are texts for: language and region (BCP 47). */
export const voices = ['de-DE', 'en-US', 'es-ES', 'fr-FR', 'ja-JP', 'nl-NL', 'pl-PL', 'pt-BR', 'zh-CN'] as const
export type Voice = (typeof voices)[number]

/** Sends text messages and makes calls. Both settle within ten seconds, even if the provider does not respond. */
export interface SmsGateway {
  /** Sends one text message. @returns when it was accepted, not when it arrived */
  sendText(message: TextMessage): Promise<DeliveryResult>
  /** Makes one call. @returns when the call was started */
  call(message: VoiceMessage): Promise<DeliveryResult>
}
