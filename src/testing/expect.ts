import assert from 'node:assert/strict'
import type { Verification } from '../otp/device.js'

/** The rejection of a token, and of a device that does not belong to the user. */
export const INVALID_TOKEN = { ok: false, reason: 'invalid_token' } as const

/** Expects a rejected token, for any cause. */
export function expectInvalid(verification: Verification): void {
  expectProperties(verification, INVALID_TOKEN)
}

/** Compares only the properties of `expected`. */
export function expectProperties(actual: object, expected: Readonly<Record<string, unknown>>): void {
  const found = Object.fromEntries(Object.keys(expected).map((name) => [name, Reflect.get(actual, name)]))
  assert.deepEqual(found, expected)
}

export function expectAccepted(verification: Verification): void {
  assert.equal(verification.ok, true, `The token was rejected: ${JSON.stringify(verification)}`)
}

export function expectRejected(verification: Verification): void {
  assert.equal(verification.ok, false, 'The token was accepted.')
}
