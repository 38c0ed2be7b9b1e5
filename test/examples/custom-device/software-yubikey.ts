import { createCipheriv, randomBytes } from 'node:crypto'
import { crc16, encodeModhex } from '../../../examples/custom-device/yubikey/parse-otp.js'

/** A YubiKey in memory: what it was programmed with, and how often it spoke. */
export interface SoftwareYubikey {
  publicId: string
  /** Six bytes in hexadecimal digits. */
  privateId: string
  /** AES-128, in hexadecimal digits. */
  aesKey: string
  /** How often it was plugged in, and touched since. */
  plugged: number
  touched: number
  /** Types the next OTP. */
  touch(): string
}

export function createSoftwareYubikey(): SoftwareYubikey {
  return {
    publicId: encodeModhex(randomBytes(6)),
    privateId: randomBytes(6).toString('hex'),
    aesKey: randomBytes(16).toString('hex'),
    plugged: 1,
    touched: 0,
    touch() {
      this.touched += 1
      return typeOtp(this)
    },
  }
}

/** What a key types: its state in 16 bytes, the complement of their CRC at their end, encrypted. */
export function typeOtp(key: Omit<SoftwareYubikey, 'touch'>): string {
  const block = Buffer.alloc(16)
  Buffer.from(key.privateId, 'hex').copy(block)
  block.writeUInt16LE(key.plugged, 6)
  block.writeUIntLE(8 * key.touched, 8, 3)
  block.writeUInt8(key.touched, 11)
  randomBytes(2).copy(block, 12)
  block.writeUInt16LE(~crc16(block.subarray(0, 14)) & 0xffff, 14)
  const cipher = createCipheriv('aes-128-ecb', Buffer.from(key.aesKey, 'hex'), null).setAutoPadding(false)
  return key.publicId + encodeModhex(Buffer.concat([cipher.update(block), cipher.final()]))
}
