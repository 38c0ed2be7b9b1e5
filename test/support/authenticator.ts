import { base32nopad } from '@scure/base'
import { execFileSync, spawnSync } from 'node:child_process'
import { createHmac } from 'node:crypto'

const hasOathtool = spawnSync('oathtool', ['--version']).status === 0

/**
 * Returns the code that an authenticator app shows, from an independent implementation:
 * Debian's oathtool if it is installed, otherwise the formula of RFC 4226 §5.3 below.
 *
 * @param secret in Base32, as the page shows it
 */
export function appCode(secret: string, at: Date): string {
  const key = secret.replaceAll(' ', '')
  if (!hasOathtool) return rfcCode(base32nopad.decode(key), Math.floor(at.getTime() / 30_000))
  const now = `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`
  return execFileSync('oathtool', ['--totp', '--base32', '--now', now, '-'], { input: key, encoding: 'utf8' }).trim()
}

function rfcCode(key: Uint8Array, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', key).update(counter).digest()
  const offset = (mac.at(-1) ?? 0) & 15
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}
