import { describe, expect, it } from 'vitest'
import { formatBackupToken, parseBackupToken, generateBackupToken } from '../../src/kinds/static/backup-token.js'
import { parsePersistentId } from '../../src/otp/devices/persistent-id.js'

describe('a backup token', () => {
  it('has 80 bits, in four groups of four characters', () => {
    expect(formatBackupToken(generateBackupToken())).toMatch(/^([A-Z2-7]{4}-){3}[A-Z2-7]{4}$/)
  })

  it.each([
    'ABCD-EFGH-IJKL-2345',
    'abcdefghijkl2345',
    ' abcd efgh ijkl 2345 ',
    'ABCD–EFGH—IJKL‐2345',
    'abcd-efghijkl 23-45',
    'ABCD_EFGH_IJKL_2345',
  ])('is read from %j', (typed) => {
    expect(parseBackupToken(typed)).toBe('ABCDEFGHIJKL2345')
  })

  it.each(['', '123456', 'ABCDEFGHIJKL234', 'ABCDEFGHIJKL23456', 'ABCDEFGHIJKL0189', 'ABCD-EFGH-IJKL-9999'])(
    'is not read from %j',
    (typed) => {
      expect(parseBackupToken(typed)).toBeNull()
    },
  )
})

describe('a persistent ID', () => {
  it('names a kind and a row', () => {
    expect(parsePersistentId('totp/3')).toEqual({ kind: 'totp', id: 3 })
  })

  it.each([
    '',
    'totp',
    'totp/',
    'totp/0',
    'totp/-1',
    'totp/3/4',
    '/3',
    'TOTP/3',
    'totp/99999999999',
    'totp/2147483648',
    'totp/3\n',
    '../totp/3',
  ])('cannot be %j, which causes no error', (text) => {
    expect(parsePersistentId(text)).toBeNull()
  })
})
