import { base32nopad } from '@scure/base'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addHotpDevice } from '../../src/kinds/hotp/add-device.js'
import { parseHotpKey } from '../../src/kinds/hotp/parse-key.js'
import { hotpUri } from '../../src/otp/key-uri.js'
import { type HotpState, verifyHotp } from '../../src/kinds/hotp/kind.js'
import { generateHotp } from '../../src/otp/oath.js'
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
  it('has the codes of its key', () => {
    expect([0, 1, 2].map((counter) => generateHotp(secret, counter, 6))).toEqual(['782373', '313268', '307722'])
  })

  it('accepts the counter and the tolerance after it, and stands behind what it accepted', () => {
    for (let ahead = 0; ahead <= 5; ahead += 1)
      expect(verifyHotp(state, generateHotp(secret, ahead, 6))).toEqual({
        accepted: true,
        changes: { counter: ahead + 1 },
      })
    expect(verifyHotp(state, generateHotp(secret, 6, 6))).toEqual({ accepted: false })
  })

  it('accepts nothing that it has gone past', () => {
    expect(verifyHotp({ ...state, counter: 3 }, generateHotp(secret, 2, 6)).accepted).toBe(false)
    expect(verifyHotp({ ...state, counter: 3 }, generateHotp(secret, 2, 6) + generateHotp(secret, 3, 6)).accepted).toBe(
      false,
    )
  })

  it('takes no text for a code', () => {
    for (const typed of ['', 'abcdef', '+78237', '78237', '7_2373', '0782373'])
      expect(verifyHotp(state, typed)).toEqual({ accepted: false })
  })

  it('is brought back into step by two codes in a row, a hundred ahead at most', () => {
    const pair = (first: number) => `${generateHotp(secret, first, 6)} ${generateHotp(secret, first + 1, 6)}`
    expect(verifyHotp(state, pair(100))).toEqual({ accepted: true, changes: { counter: 102 } })
    expect(verifyHotp(state, pair(101)).accepted).toBe(false)
    expect(verifyHotp(state, generateHotp(secret, 40, 6)).accepted).toBe(false)
  })

  it('is not brought back by two codes that are not in a row, nor by one code twice', () => {
    expect(verifyHotp(state, generateHotp(secret, 40, 6) + generateHotp(secret, 42, 6)).accepted).toBe(false)
    expect(verifyHotp(state, generateHotp(secret, 40, 6) + generateHotp(secret, 40, 6)).accepted).toBe(false)
    expect(verifyHotp(state, generateHotp(secret, 41, 6) + generateHotp(secret, 40, 6)).accepted).toBe(false)
  })

  it('takes eight digits where it has eight', () => {
    const eight = { ...state, digits: 8 }
    expect(verifyHotp(eight, generateHotp(secret, 1, 8)).accepted).toBe(true)
    expect(verifyHotp(eight, generateHotp(secret, 1, 6)).accepted).toBe(false)
    expect(verifyHotp(eight, generateHotp(secret, 50, 8) + generateHotp(secret, 51, 8)).accepted).toBe(true)
  })
})

describe('a pasted key', () => {
  const given = { digits: 6, counter: 0 } as const

  it('is read from hex and from base32, with spaces and hyphens, in any case', () => {
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
      expect(Buffer.from(parseHotpKey(pasted, given)?.secret ?? [])).toEqual(secret)
  })

  it('is read from an otpauth address with digits and counter', () => {
    const uri = hotpUri({ issuer: 'Ünïcode & Co', account: 'a+b@x.y', secret, digits: 8, counter: 1234 })
    expect(uri).toMatch(/^otpauth:\/\/hotp\/.*[?&]counter=1234(&|$)/)
    const key = parseHotpKey(uri, given)
    expect(key).toMatchObject({ digits: 8, counter: 1234 })
    expect(Buffer.from(key?.secret ?? [])).toEqual(secret)
  })

  it.each([
    ['nothing', ''],
    ['a word', 'hello'],
    ['hex that is too short', 'd2e8a68036f68960b1c305'],
    ['hex that is too long', 'ab'.repeat(65)],
    ['half a byte', 'd2e8a68036f68960b1c30532bb6c56da5934d879a'],
    ['a TOTP address', `otpauth://totp/Site:ada?secret=${base32nopad.encode(secret)}`],
    ['an address without a counter', `otpauth://hotp/Site:ada?secret=${base32nopad.encode(secret)}`],
    ['another algorithm', `otpauth://hotp/Site:ada?secret=${base32nopad.encode(secret)}&counter=0&algorithm=SHA256`],
    ['seven digits', `otpauth://hotp/Site:ada?secret=${base32nopad.encode(secret)}&counter=0&digits=7`],
    ['no address at all', 'otpauth://['],
  ])('is refused where it is %s', (_what, pasted) => {
    expect(parseHotpKey(pasted, given)).toBeNull()
  })

  it('is read or refused without a fault, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.webUrl().map((url) => url.replace(/^\w+/, 'otpauth')),
        ),
        (pasted) => {
          const key = parseHotpKey(pasted, given)
          expect(key === null || key.secret.length >= 16).toBe(true)
        },
      ),
    )
  })
})
