import { base32nopad } from '@scure/base'
import type { OathAlgorithm } from '../tokens/oath.js'

interface SharedKey {
  issuer: string
  account: string
  /** Raw bytes. */
  secret: Uint8Array
  algorithm?: OathAlgorithm
  digits?: number
}

export interface KeyUri extends SharedKey {
  /** Seconds. */
  period?: number
}

/**
 * Builds the `otpauth://` URI of a TOTP device (google-authenticator wiki, "Key Uri Format").
 * Neither part of the label can contain a colon, spaces are `%20`, and the secret comes
 * first, because Microsoft's app once ignored everything after it.
 *
 * @example totpUri({ issuer: 'OTP Admin', account: 'ada@example.com', secret })
 */
export function totpUri(key: KeyUri): string {
  return keyUri('totp', key, `period=${key.period ?? 30}`)
}

/** Builds the `otpauth://` URI of a HOTP device, with a counter instead of a period. */
export function hotpUri(key: SharedKey & { counter: number }): string {
  return keyUri('hotp', key, `counter=${key.counter}`)
}

function keyUri(type: 'totp' | 'hotp', key: SharedKey, moving: string): string {
  const issuer = encodeURIComponent(withoutColon(key.issuer))
  const account = encodeURIComponent(withoutColon(key.account))
  const parameters = [
    `secret=${base32nopad.encode(key.secret)}`,
    `algorithm=${key.algorithm ?? 'SHA1'}`,
    `digits=${key.digits ?? 6}`,
    moving,
    `issuer=${issuer}`,
  ]
  return `otpauth://${type}/${issuer}%3A${account}?${parameters.join('&')}`
}

function withoutColon(text: string): string {
  return text.replaceAll(':', '')
}
