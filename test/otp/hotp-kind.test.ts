import { base32nopad } from '@scure/base'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addHotpDevice } from '../../src/kinds/hotp/add-device.js'
import { parseHotpKey } from '../../src/kinds/hotp/parse-key.js'
import { hotpUri } from '../../src/otp/devices/key-uri.js'
import { type HotpState, verifyHotp } from '../../src/kinds/hotp/kind.js'
import { generateHotp } from '../../src/otp/tokens/oath.js'
import { testKind } from './kinds-contract.js'

const secret = Buffer.from('d2e8a68036f68960b1c30532bb6c56da5934d879', 'hex')
const state: HotpState = { secret, digits: 6, counter: 0, tolerance: 5 }

const counters = new Map<number, number>()
testKind({
  name: 'hotp',
  wrongToken: '000000',
  add: (otp, userId) =>
    otp.database.sequelize.transaction((transaction) =>
      addHotpDevice(otp, transaction, { userId, name: 'Token', secret, digits: 6, counter: 0, confirmed: true }),
    ),
  async goodToken(_otp, device) {
    const counter = counters.get(device.id) ?? 0
    counters.set(device.id, counter + 1)
    return generateHotp(secret, counter, 6)
  },
})

describe('a HOTP device', () => {
  it('generates the codes of its key', () => {
    expect([0, 1, 2].map((counter) => generateHotp(secret, counter, 6))).toEqual(['782373', '313268', '307722'])
  })

  it('accepts the counter and the tolerance after it, and moves its counter past the accepted code', () => {
    for (let ahead = 0; ahead <= 5; ahead += 1)
      expect(verifyHotp(state, generateHotp(secret, ahead, 6))).toEqual({
        accepted: true,
        changes: { counter: ahead + 1 },
      })
    expect(verifyHotp(state, generateHotp(secret, 6, 6))).toEqual({ accepted: false })
  })

  it('rejects a code behind its counter', () => {
    expect(verifyHotp({ ...state, counter: 3 }, generateHotp(secret, 2, 6)).accepted).toBe(false)
    expect(verifyHotp({ ...state, counter: 3 }, generateHotp(secret, 2, 6) + generateHotp(secret, 3, 6)).accepted).toBe(
      false,
    )
  })

  it('rejects text that is not a code', () => {
    for (const typed of ['', 'abcdef', '+78237', '78237', '7_2373', '0782373'])
      expect(verifyHotp(state, typed)).toEqual({ accepted: false })
  })

  it('is resynced by two consecutive codes, up to a hundred ahead', () => {
    const pair = (first: number) => `${generateHotp(secret, first, 6)} ${generateHotp(secret, first + 1, 6)}`
    expect(verifyHotp(state, pair(100))).toEqual({ accepted: true, changes: { counter: 102 } })
    expect(verifyHotp(state, pair(101)).accepted).toBe(false)
    expect(verifyHotp(state, generateHotp(secret, 40, 6)).accepted).toBe(false)
  })

  it('is not resynced by two codes that are not consecutive or by the same code twice', () => {
    expect(verifyHotp(state, generateHotp(secret, 40, 6) + generateHotp(secret, 42, 6)).accepted).toBe(false)
    expect(verifyHotp(state, generateHotp(secret, 40, 6) + generateHotp(secret, 40, 6)).accepted).toBe(false)
    expect(verifyHotp(state, generateHotp(secret, 41, 6) + generateHotp(secret, 40, 6)).accepted).toBe(false)
  })

  it('requires eight digits if it is set to eight', () => {
    const eight = { ...state, digits: 8 }
    expect(verifyHotp(eight, generateHotp(secret, 1, 8)).accepted).toBe(true)
    expect(verifyHotp(eight, generateHotp(secret, 1, 6)).accepted).toBe(false)
    expect(verifyHotp(eight, generateHotp(secret, 50, 8) + generateHotp(secret, 51, 8)).accepted).toBe(true)
  })
})

describe('a pasted key', () => {
  const defaults = { digits: 6, counter: 0 } as const

  it('is read from hex and from Base32, with spaces and hyphens, in any case', () => {
    const hex = secret.toString('hex')
    const base32 = base32nopad.encode(secret)
    for (const pasted of [
      hex,
      hex.toUpperCase(),
      hex.replace(/(..)/g, '$1 '),
      base32,
      base32.toLowerCase(),
      `${base32}====`,
    ])
      expect(Buffer.from(parseHotpKey(pasted, defaults)?.secret ?? [])).toEqual(secret)
  })

  it('is read from an otpauth URI with digits and counter', () => {
    const uri = hotpUri({ issuer: 'Ünïcode & Co', account: 'a+b@x.y', secret, digits: 8, counter: 1234 })
    expect(uri).toMatch(/^otpauth:\/\/hotp\/.*[?&]counter=1234(&|$)/)
    const key = parseHotpKey(uri, defaults)
    expect(key).toMatchObject({ digits: 8, counter: 1234 })
    expect(Buffer.from(key?.secret ?? [])).toEqual(secret)
  })

  it.each([
    ['nothing', ''],
    ['a word', 'hello'],
    ['hex that is too short', 'd2e8a68036f68960b1c305'],
    ['hex that is too long', 'ab'.repeat(65)],
    ['half a byte', 'd2e8a68036f68960b1c30532bb6c56da5934d879a'],
    ['a TOTP URI', `otpauth://totp/Site:ada?secret=${base32nopad.encode(secret)}`],
    ['a URI without a counter', `otpauth://hotp/Site:ada?secret=${base32nopad.encode(secret)}`],
    ['another algorithm', `otpauth://hotp/Site:ada?secret=${base32nopad.encode(secret)}&counter=0&algorithm=SHA256`],
    ['seven digits', `otpauth://hotp/Site:ada?secret=${base32nopad.encode(secret)}&counter=0&digits=7`],
    ['not a URI', 'otpauth://['],
  ])('is rejected: %s', (_what, pasted) => {
    expect(parseHotpKey(pasted, defaults)).toBeNull()
  })

  it('is read or rejected without an error, for any input', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.webUrl().map((url) => url.replace(/^\w+/, 'otpauth')),
        ),
        (pasted) => {
          const key = parseHotpKey(pasted, defaults)
          expect(key === null || key.secret.length >= 16).toBe(true)
        },
      ),
    )
  })
})
