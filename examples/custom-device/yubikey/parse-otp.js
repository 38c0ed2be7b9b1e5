// @ts-check
import { createDecipheriv } from 'node:crypto'

/** The letters for 0 to 15, which have the same position on most keyboards. */
const MODHEX = 'cbdefghijklnrtuv'

/** The CRC-16 of a whole block that ends with the complement of its CRC (ISO/IEC 13239). */
const CRC_RESIDUE = 0xf0b8

/** An OTP as a YubiKey types it: a public ID of 1 to 8 bytes, and an encrypted block of 16. */
const OTP = /^([cbdefghijklnrtuv]{2,16})([cbdefghijklnrtuv]{32})$/

/** Returns whether a text has the format of a Yubico OTP. @param {string} typed */
export function matchesOtpFormat(typed) {
  return splitOtp(typed) !== null
}

/**
 * Splits an OTP into its public ID and its encrypted block.
 *
 * @param {string} typed
 * @returns {{ publicId: string, block: Buffer } | null} null if it is not an OTP
 */
export function splitOtp(typed) {
  const [, publicId = '', block = ''] = OTP.exec(typed.trim().toLowerCase()) ?? []
  return publicId && publicId.length % 2 === 0 ? { publicId, block: decodeModhex(block) } : null
}

/** @param {string} text an even number of modhex letters */
export function decodeModhex(text) {
  return Buffer.from(
    text.replace(/./g, (letter) => MODHEX.indexOf(letter).toString(16)),
    'hex',
  )
}

/** @param {Uint8Array} bytes */
export function encodeModhex(bytes) {
  return Buffer.from(bytes)
    .toString('hex')
    .replace(/./g, (digit) => MODHEX.charAt(Number.parseInt(digit, 16)))
}

/**
 * The decrypted block of an OTP (YubiKey Manual, "OTP generation").
 *
 * @typedef {object} OtpBlock
 * @property {Buffer} privateId six bytes
 * @property {number} counter 256 times the number of times the key was plugged in, plus the number
 *   of touches since. It increases with every OTP.
 * @property {number} timestamp 24 bits at 8 Hz since it was plugged in
 */

/**
 * Decrypts the block of an OTP.
 *
 * @param {Buffer} block 16 bytes
 * @param {Uint8Array} key AES-128
 * @returns {OtpBlock | null} null if another key encrypted it, or it is damaged
 */
export function decryptBlock(block, key) {
  const cipher = createDecipheriv('aes-128-ecb', key, null).setAutoPadding(false)
  const plain = Buffer.concat([cipher.update(block), cipher.final()])
  if (crc16(plain) !== CRC_RESIDUE) return null
  // The highest bit only states that Caps Lock was on.
  const plugged = plain.readUInt16LE(6) & 0x7fff
  return {
    privateId: plain.subarray(0, 6),
    counter: plugged * 256 + plain.readUInt8(11),
    timestamp: plain.readUIntLE(8, 3),
  }
}

/** @param {Uint8Array} bytes */
export function crc16(bytes) {
  let crc = 0xffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0x8408 : crc >>> 1
  }
  return crc
}
