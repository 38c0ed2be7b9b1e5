import { withoutQuotes, cleanText } from '../../typed-text/clean-text.js'
import { readBase32 } from '../../typed-text/read-base32.js'
import { decodeBase32, readKey } from '../../typed-text/read-key.js'

/** The data that a manufacturer supplies with a hardware token. */
export interface HotpKey {
  /** Raw bytes. */
  secret: Uint8Array
  digits: 6 | 8
  /** The counter of the next code. */
  counter: number
}

/** RFC 4226 §4 R6: 128 bits or more. */
const SECRET_BYTES = { min: 16, max: 64 }

/**
 * Reads a key as it was pasted: hex or Base32 with any separators, or a whole
 * `otpauth://hotp/` URI, whose digits and counter take precedence over those passed.
 *
 * @param defaults digits and counter to use if the text is not a URI
 * @returns null if it is none of these, too short, or for another algorithm than SHA-1
 * @example parseHotpKey('otpauth://hotp/Site:ada?secret=…&counter=5', { digits: 6, counter: 0 })
 */
export function parseHotpKey(pasted: string, defaults: Omit<HotpKey, 'secret'>): HotpKey | null {
  const text = withoutQuotes(cleanText(pasted))
  const key = /^otpauth:/i.test(text) ? parseUri(text) : { ...defaults, secret: readKey(text) }
  const { secret } = key ?? {}
  if (!key || !secret || secret.length < SECRET_BYTES.min || secret.length > SECRET_BYTES.max) return null
  return { secret, digits: key.digits, counter: key.counter }
}

function parseUri(text: string): (Omit<HotpKey, 'secret'> & { secret: Uint8Array | null }) | null {
  if (!URL.canParse(text)) return null
  const url = new URL(text)
  const parameter = (name: string) => url.searchParams.get(name)
  const digits = parameter('digits') ?? '6'
  const counter = parameter('counter') ?? ''
  const isHotp = url.hostname.toLowerCase() === 'hotp' && (parameter('algorithm') ?? 'SHA1').toUpperCase() === 'SHA1'
  // The counter is required (google-authenticator wiki, "Key Uri Format").
  if (!isHotp || !/^[68]$/.test(digits) || !/^\d{1,15}$/.test(counter)) return null
  return {
    secret: decodeBase32(readBase32(parameter('secret') ?? '')),
    digits: digits === '8' ? 8 : 6,
    counter: Number(counter),
  }
}
