import { createCipheriv, randomBytes } from 'node:crypto'
import { crc16, encodeModhex } from '../../../examples/custom-device/yubikey/parse-otp.js'

/** A YubiKey in memory: its secrets, and how often it was used. */
export interface SoftwareYubikey {
  publicId: string
  /** Six bytes, in hex. */
  privateId: string
  /** An AES-128 key, in hex. */
  aesKey: string
  /** How often it was plugged in. `touched` counts the touches since. */
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

/** Types an OTP: 16 encrypted bytes with the state of the key, which end with the complement of their CRC. */
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
