import { describe, expect, it } from 'vitest'
import { createKeyring } from '../../src/crypto/keyring.js'

const first = Buffer.alloc(32, 1)
const second = Buffer.alloc(32, 2)
const place = { column: 'totp_devices.secret', id: 3 }

describe('sealing', () => {
  it('opens only for the same row', () => {
    const keys = createKeyring([first])
    const sealed = keys.seal(Buffer.from('secret'), place)
    expect(keys.open(sealed, place).toString()).toBe('secret')
    expect(() => keys.open(sealed, { ...place, id: 4 })).toThrow()
    expect(() => keys.open(sealed, { ...place, column: 'other.secret' })).toThrow()
  })

  it('creates a different envelope every time, without any part of the secret', () => {
    const keys = createKeyring([first])
    const sealed = keys.seal(Buffer.from('secret'), place)
    expect(sealed).not.toBe(keys.seal(Buffer.from('secret'), place))
    expect(sealed).not.toContain(Buffer.from('secret').toString('base64url'))
  })

  it('rejects an envelope with one changed character', () => {
    const keys = createKeyring([first])
    const sealed = keys.seal(Buffer.from('secret'), place)
    const last = sealed.at(-1) === 'A' ? 'Q' : 'A'
    expect(() => keys.open(sealed.slice(0, -1) + last, place)).toThrow()
  })

  it('opens an older key’s envelope with that key, and seals with the newest', () => {
    const old = createKeyring([first]).seal(Buffer.from('secret'), place)
    const rotated = createKeyring([second, first])
    expect(rotated.open(old, place).toString()).toBe('secret')
    expect(() => createKeyring([first]).open(rotated.seal(Buffer.from('x'), place), place)).toThrow(/SECRET_KEYS|known/)
  })
})

describe('hashing', () => {
  it('finds a hash made with an older key after a rotation', () => {
    const old = createKeyring([first]).hash('static_tokens', 'ABCD')
    expect(createKeyring([second, first]).hashes('static_tokens', 'ABCD')).toContain(old)
    expect(createKeyring([second]).hashes('static_tokens', 'ABCD')).not.toContain(old)
  })

  it('keeps purposes apart', () => {
    const keys = createKeyring([first])
    expect(keys.hash('one', 'ABCD')).not.toBe(keys.hash('other', 'ABCD'))
  })
})
