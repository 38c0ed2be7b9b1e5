import { base32nopad, hex } from '@scure/base'
import { cleanText, withoutLabel } from './clean-text.js'
import { readBase32 } from './read-base32.js'

/**
 * Reads the key of a device as it was pasted: hex or Base32, in any case, with any separators,
 * with a label or `0x` in front. What reads as hex is hex: a Base32 key of 128 bits without any
 * letter from G to Z has a probability of one in 10^13.
 *
 * @returns raw bytes, or null if it is neither
 */
export function readKey(pasted: string): Uint8Array | null {
  const text = cleanText(pasted)
  const value = withoutLabel(text) ?? text
  return readHex(value) ?? decodeBase32(readBase32(value))
}

/** The same for keys that can only be hex: the letters O, I and L are read as digits. */
export function readHexKey(pasted: string): Uint8Array | null {
  const text = cleanText(pasted)
  const value = withoutLabel(text) ?? text
  return readHex(value) ?? readHex(value.replace(/o/gi, '0').replace(/[il]/gi, '1'))
}

function readHex(text: string): Uint8Array | null {
  const digits = text
    .replace(/[\p{P}\p{S}\p{Z}]/gu, '')
    .replace(/^0x/i, '')
    .toLowerCase()
  return /^([0-9a-f]{2})+$/.test(digits) ? hex.decode(digits) : null
}

/** @param letters from `readBase32` */
export function decodeBase32(letters: string): Uint8Array | null {
  try {
    return base32nopad.decode(letters)
  } catch {
    // The library reports by an exception that it is not Base32.
    return null
  }
}
