import { timingSafeEqual } from 'node:crypto'
import { generateSync } from 'otplib'

export type OathAlgorithm = 'SHA1' | 'SHA256' | 'SHA512'

/**
 * Generates an HOTP code (RFC 4226 §5.3).
 *
 * @param secret raw bytes, at least 16
 * @param counter up to 2^53 - 1
 * @param digits 6 or 8
 * @returns exactly `digits` ASCII digits, leading zeros kept
 */
export function generateHotp(
  secret: Uint8Array,
  counter: number,
  digits: number,
  algorithm: OathAlgorithm = 'SHA1',
): string {
  const shape = { digits: digits === 8 ? 8 : 6, algorithm: OTPLIB_NAME[algorithm] } as const
  return generateSync({ strategy: 'hotp', secret, counter, ...shape })
}

const OTPLIB_NAME = { SHA1: 'sha1', SHA256: 'sha256', SHA512: 'sha512' } as const

/**
 * Calculates the number of the time step of a moment (RFC 6238 §4.2).
 *
 * @param step length in seconds
 * @param t0 seconds since 1970 at which step 0 begins
 */
export function timeStep(now: Date, step: number, t0: number): number {
  return Math.floor((now.getTime() / 1000 - t0) / step)
}

/** Whether a typed code has exactly this many ASCII digits. */
export function isCode(code: string, digits: number): boolean {
  return code.length === digits && /^[0-9]+$/.test(code)
}

/** Compares two codes in constant time. Codes of different length are not equal. */
export function codesEqual(one: string, other: string): boolean {
  const a = Buffer.from(one)
  const b = Buffer.from(other)
  return a.length === b.length && timingSafeEqual(a, b)
}
