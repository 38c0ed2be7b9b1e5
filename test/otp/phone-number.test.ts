import { describe, expect, it } from 'vitest'
import { maskEmail } from '../../src/kinds/email/mask-email.js'
import {
  formatPhoneNumber,
  maskDigits,
  maskPhoneNumber,
  parsePhoneNumber,
  readPhoneNumber,
} from '../../src/kinds/phone/phone-number.js'

describe('a phone number', () => {
  it.each([
    ['+41524204242', '+41524204242'],
    ['0041 52 420 42 42', '+41524204242'],
    [' +41 (0)52 420-42-42 ', '+41524204242'],
    ['＋３１ ６ １２３４５６５８', '+31612345658'],
    ['+1 (202) 456-1111', '+12024561111'],
    ['+44 20 7183 8750', '+442071838750'],
    ['+64 22 000 111', '+6422000111'],
    ['+852 4545 0000', '+85245450000'],
    ['+52 1 55 1234 5678', '+525512345678'],
    ['+54 9 11 2345 6789', '+5491123456789'],
    ['+54 11 15 2345 6789', '+5491123456789'],
    ['tel:+41791234567', '+41791234567'],
    ['tel:+41-79-123-45-67', '+41791234567'],
    ['tel:79-123-45-67;phone-context=+41', '+41791234567'],
    ['011 41 79 123 45 67', '+41791234567'],
    ['(+41) 79 123 45 67', '+41791234567'],
    ['(0041) 79.123.45.67', '+41791234567'],
    ['+39 (0)6 1234 5678', '+390612345678'],
    ['+49 (0) 171 1234567', '+491711234567'],
    ['Mobile: +41 79 123 45 67', '+41791234567'],
    ['“+41 52\u00a0420\u201142\u201142”', '+41524204242'],
    ['\u202a+41 52 420 42 42\u202c', '+41524204242'],
    ['+٤١٥٢٤٢٠٤٢٤٢', '+41524204242'],
  ])('%j is read as %s', (typed, number) => {
    expect(parsePhoneNumber(typed)).toBe(number)
  })

  it.each([
    ['nothing', ''],
    ['one without its country code', '0524204242'],
    ['one of a country that does not exist', '+999524204242'],
    ['one that is too short', '+4152420'],
    ['one that is too long', '+415242042424242'],
    ['one in a premium range', '+1 900 000 0000'],
    ['an international premium number', '+979 1 2345 6789'],
    ['a number of an emergency service', '+41 117'],
    ['two numbers', '+41 52 420 42 42 / +41 79 123 45 67'],
    ['text around one', 'call +41524204242 now'],
    ['a premium number', '+41900123456'],
    ['a piece of SQL', "+41524204242' or true --"],
    ['digits alone', '41524204242'],
  ])('%s is rejected', (_what, typed) => {
    expect(parsePhoneNumber(typed)).toBeNull()
  })

  it.each(['+41 79 123 45 67 ext 5', '+41 79 123 45 67 x5', '+41 79 123 45 67,,5#', 'tel:+41-79-123-45-67;ext=5'])(
    'is not read from %j, which has an extension',
    (typed) => {
      expect(readPhoneNumber(typed)).toEqual({ ok: false, code: 'extension' })
    },
  )

  it('is formatted in groups', () => {
    expect(formatPhoneNumber('+41524204242')).toBe('+41 52 420 42 42')
    expect(formatPhoneNumber('not a number')).toBe('not a number')
  })

  it.each([
    ['+41524204242', '+41 ** *** ** 42'],
    ['+31101234567', '+31 ** *** **67'],
    ['+31612345658', '+31 * ******58'],
    ['+12024561111', '+1 ***-***-**11'],
    ['+442071838750', '+44 ** **** **50'],
    ['+41 524 204 242', '+41 *** *** *42'],
    ['+22365012345', '+223 ** ** ** 45'],
    ['+35312345678', '+353 * *** **78'],
  ])('%s is shown as %s', (number, mask) => {
    expect(maskPhoneNumber(number)).toBe(mask)
  })

  it('is masked digit by digit if it has no groups', () => {
    expect(maskDigits('+41524204242')).toBe('+41*******42')
  })
})

describe('an email address', () => {
  it.each([
    ['bouke@example.com', 'b***e@example.com'],
    ['tim@example.com', 't**@example.com'],
    ['ab@example.com', 'a*@example.com'],
    ['a@example.com', 'a@example.com'],
    ['"a@b"@example.com', '"***"@example.com'],
    ['no address', '**********'],
    ['', ''],
  ])('%j is shown as %j', (address, mask) => {
    expect(maskEmail(address)).toBe(mask)
  })
})
