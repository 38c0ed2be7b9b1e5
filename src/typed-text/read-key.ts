import { base32nopad, hex } from '@scure/base'
import { cleanText, withoutLabel } from './clean-text.js'
import { readBase32 } from './read-base32.js'

/**
 * Reads a device's key: hex or Base32, in any case, with any separators, with a label or `0x`
 * before it. A text that is valid hex is read as hex: the probability that a Base32 key of 128
 * bits contains no letter from G to Z is one in 10^13.
 *
 * @returns raw bytes, or null if it is neither
 */
export function readKey(pasted: string): Uint8Array | null {
  const text = cleanText(pasted)
  const value = withoutLabel(text) ?? text
  return readHex(value) ?? decodeBase32(readBase32(value))
}

/** Reads a key that can only be hex, so that the letters O, I and L are read as digits. @returns raw bytes, or null */
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
    // The library throws if the text is not Base32.
    return null
  }
}
