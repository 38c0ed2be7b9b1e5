import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseBackupToken } from '../../src/kinds/static/backup-token.js'
import { parseHotpKey } from '../../src/kinds/hotp/parse-key.js'
import { isCode } from '../../src/otp/tokens/oath.js'
import { isBlank } from '../../src/typed-text/clean-text.js'
import { readCode } from '../../src/typed-text/read-code.js'
import { readHexKey } from '../../src/typed-text/read-key.js'

const ZEROS = [0x30, 0x660, 0x6f0, 0x966, 0x9e6, 0xe50, 0x17e0, 0xff10, 0x1d7ce, 0x1d7f6]
const INVISIBLE = [
  '',
  '\u200b',
  '\u200e',
  '\u202a',
  '\u2066',
  '\u2069',
  '\u00ad',
  '\ufeff',
  '\ufe0f',
  '\u2060',
  '\u{e0031}',
]
const SEPARATORS = [
  '',
  ' ',
  '\u00a0',
  '\u2009',
  '\u3000',
  '\t',
  '-',
  '\u2010',
  '\u2011',
  '\u2212',
  '\u2013',
  '_',
  '.',
  '/',
  '\u00b7',
]
const AROUND = [
  ['', ''],
  ['"', '"'],
  ['“', '”'],
  ['「', '」'],
  ['(', ')'],
  [' ', '\t'],
  ['Code: ', ''],
  ['', '.'],
  ['', '\r\n'],
] as const

const digitsOf = (length: number) =>
  fc.string({ unit: fc.constantFrom(...Array.from('0123456789')), minLength: length, maxLength: length })
const tokens = fc.string({
  unit: fc.constantFrom(...Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567')),
  minLength: 16,
  maxLength: 16,
})

/** Variants in which a program or a keyboard can present the same characters. */
const decoration = fc.record({
  zero: fc.constantFrom(...ZEROS),
  invisible: fc.array(fc.constantFrom(...INVISIBLE), { minLength: 16, maxLength: 16 }),
  separator: fc.constantFrom(...SEPARATORS),
  group: fc.integer({ min: 2, max: 5 }),
  around: fc.constantFrom(...AROUND),
})

type Decoration = typeof decoration extends fc.Arbitrary<infer T> ? T : never

function decorate(text: string, { zero, invisible, separator, group, around }: Decoration): string {
  const letters = Array.from(text, (letter, index) => {
    const shown = /\d/.test(letter) ? String.fromCodePoint(zero + Number(letter)) : letter
    return `${index > 0 && index % group === 0 ? separator : ''}${shown}${invisible[index] ?? ''}`
  })
  return `${around[0]}${letters.join('')}${around[1]}`
}

describe('a code', () => {
  it.each([
    '045675',
    ' 045675 ',
    '045 675',
    '045\u00a0675',
    '045675\t',
    '045-675',
    '045–675',
    '０４５６７５',
    '٠٤٥٦٧٥',
    '०४५६७५',
    '𝟎𝟒𝟓𝟔𝟕𝟓',
    '0️⃣4️⃣5️⃣6️⃣7️⃣5️⃣',
    '\u2068045675\u2069',
    '“045675”',
    'Code: 045 675.',
    'Nr. -045675',
    '045675 is your code for OTP Admin. It works once, for 5 min.',
    '您的验证码是045675，5分钟内有效。',
    'コードは045675です',
  ])('is read from %j', (typed) => {
    expect(readCode(typed)).toBe('045675')
  })

  it.each([
    '45675',
    '+45675',
    '4_5675',
    '00000045675',
    '0x1234',
    '1e5000',
    '',
    '-12345',
    'x045675',
    '045675e7',
    '1045675',
    '045675 1',
    'call 045675 or 765430',
    'order 1234567',
  ])('is not read from %j', (typed) => {
    expect(isCode(readCode(typed), 6)).toBe(false)
  })

  it('is read with any characters around and between its digits', () => {
    fc.assert(
      fc.property(digitsOf(6), decoration, (code, style) => {
        expect(readCode(decorate(code, style))).toBe(code)
      }),
    )
  })

  it('is never read from a longer number', () => {
    const longer = fc.integer({ min: 7, max: 20 }).chain(digitsOf)
    fc.assert(
      fc.property(longer, decoration, (number, style) => {
        expect(readCode(decorate(number, style))).toBe(number)
      }),
    )
  })

  it('is never read from text with fewer digits', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (typed) => {
        const read = readCode(typed)
        if (!isCode(read, 6)) return
        const digits = (typed.normalize('NFKC').match(/\p{Nd}/gu) ?? []).length
        expect(digits).toBeGreaterThanOrEqual(6)
      }),
    )
  })
})

describe('a backup token', () => {
  it.each([
    'AAAA-BBBB-1111-0000',
    '3. AAAA-BBBB-IIII-OOOO',
    '10) aaaa-bbbb-iiii-oooo.',
    '(3) AAAA-BBBB-IIII-OOOO',
    '3\tAAAA-BBBB-IIII-OOOO',
    'Backup token: AAAA-BBBB-IIII-OOOO',
    'Token 3: AAAA-BBBB-IIII-OOOO',
    '• AAAA−BBBB−IIII−OOOO',
    'AAAA_BB8B_IIII_0000',
    'АААА-ВВВВ-ІІІІ-ОООО',
    '"AAAA BBBB IIII OOOO"',
    'ａａａａ-ｂｂｂｂ-ｉｉｉｉ-ｏｏｏｏ',
    '\u202aAAAA\u200b-BBBB-IIII-OOOO\u202c',
  ])('is read from %j', (typed) => {
    expect(parseBackupToken(typed)).toBe('AAAABBBBIIIIOOOO')
  })

  it.each(['AAAA-BBBB-IIII-OOO', 'AAAA-BBBB-IIII-OOOOO', 'AAAA-BBBB-9999-OOOO', 'ÁAAA-BBBB-IIII-OOOO', '123456', ''])(
    'is not read from %j',
    (typed) => {
      expect(parseBackupToken(typed)).toBeNull()
    },
  )

  it('is read with any characters around and between its own, in any case, from a list', () => {
    const list = fc.constantFrom('', '1. ', '12) ', '#3 ', '(4) ', '- ')
    fc.assert(
      fc.property(tokens, decoration, list, fc.boolean(), (token, style, number, isLowerCase) => {
        const typed = `${number}${decorate(isLowerCase ? token.toLowerCase() : token, style)}`
        expect(parseBackupToken(typed)).toBe(token)
      }),
    )
  })

  it('is never read as a different one', () => {
    fc.assert(
      fc.property(tokens, tokens, decoration, (one, other, style) => {
        fc.pre(one !== other)
        expect(parseBackupToken(decorate(one, style))).not.toBe(parseBackupToken(decorate(other, style)))
      }),
    )
    fc.assert(
      fc.property(tokens, (token) => {
        expect(parseBackupToken(token.match(/.{4}/g)?.join('-') ?? '')).toBe(token)
      }),
    )
  })
})

describe('the key of a hardware token', () => {
  const key = '3132333435363738393031323334353637383930'
  const defaults = { digits: 6, counter: 0 } as const
  const bytes = Uint8Array.from(Buffer.from(key, 'hex'))

  it.each([
    key,
    key.match(/../g)?.join(':') ?? '',
    `0x${key}`,
    `“${key.match(/.{4}/g)?.join('\u00a0')}”`,
    `Secret key: ${key}`,
    'GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ',
    'gezd_gnbv_gy3t_q0jq_gezd_gnbv_gy3t_q0jq',
    'secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
    '<otpauth://hotp/Site:ada?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&counter=0>',
  ])('is read from %j', (pasted) => {
    expect(parseHotpKey(pasted, defaults)?.secret).toEqual(bytes)
  })

  it('is read with the letters O, I and L as digits if it can only be hex', () => {
    expect(readHexKey(key.replaceAll('0', 'O').replaceAll('1', 'l'))).toEqual(bytes)
  })
})

it('treats invisible text as an empty field', () => {
  expect(['', ' ', '\u200b', '\u2060\ufeff', '\u3000\u00ad\u2800'].map(isBlank)).not.toContain(false)
  expect(isBlank('\u200b0')).toBe(false)
})
