// @ts-check
import { createDecipheriv } from 'node:crypto'

/** The letters that stand at the same place on every keyboard, for 0 to 15. */
const MODHEX = 'cbdefghijklnrtuv'

/** What a CRC-16 over a whole block, its own complement included, leaves (ISO/IEC 13239). */
const CRC_RESIDUE = 0xf0b8

/** An OTP as it is typed: a public id of 1 to 8 bytes, and one encrypted block of 16. */
const OTP = /^([cbdefghijklnrtuv]{2,16})([cbdefghijklnrtuv]{32})$/

/** Whether a text could be a Yubico OTP at all. @param {string} typed */
export function couldBeOtp(typed) {
  return splitOtp(typed) !== null
}

/**
 * Public id and encrypted block of an OTP.
 *
 * @param {string} typed
 * @returns {{ publicId: string, block: Buffer } | null} null: it is no OTP
 */
export function splitOtp(typed) {
  const [, publicId = '', block = ''] = OTP.exec(typed.trim().toLowerCase()) ?? []
  return publicId && publicId.length % 2 === 0 ? { publicId, block: decodeModhex(block) } : null
}

/** @param {string} text of an even number of modhex letters */
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
 * What a key says with one OTP, once its block is decrypted (YubiKey Manual, "OTP generation").
 *
 * @typedef {object} Spoken
 * @property {Buffer} privateId six bytes
 * @property {number} counter how often the key was plugged in, times 256, and how often it was
 *   touched since: it goes up with every OTP
 * @property {number} timestamp 24 bits at 8 Hz since it was plugged in
 */

/**
 * Decrypts the block of an OTP.
 *
 * @param {Buffer} block 16 bytes
 * @param {Uint8Array} key AES-128
 * @returns {Spoken | null} null: another key made it, or it is damaged
 */
export function decryptBlock(block, key) {
  const cipher = createDecipheriv('aes-128-ecb', key, null).setAutoPadding(false)
  const plain = Buffer.concat([cipher.update(block), cipher.final()])
  if (crc16(plain) !== CRC_RESIDUE) return null
  // The highest bit only says that Caps Lock was on.
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
