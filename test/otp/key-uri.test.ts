import { base32nopad } from '@scure/base'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { totpUri } from '../../src/otp/devices/key-uri.js'

const secret = Buffer.from('12345678901234567890')

/** Reads an otpauth URI as an authenticator app does. */
function read(uri: string) {
  const url = new URL(uri)
  const [issuer, account] = decodeURIComponent(url.pathname.replace(/^\/+(totp\/)?/, '')).split(':')
  return { type: url.host || 'totp', issuer, account, parameters: Object.fromEntries(url.searchParams) }
}

describe('the otpauth URI', () => {
  it('is read back unchanged, in any script', () => {
    const uri = totpUri({ issuer: 'Ünïcode & Co', account: 'a+b@x.y', secret })
    expect(read(uri)).toMatchObject({
      issuer: 'Ünïcode & Co',
      account: 'a+b@x.y',
      parameters: {
        secret: base32nopad.encode(secret),
        issuer: 'Ünïcode & Co',
        algorithm: 'SHA1',
        digits: '6',
        period: '30',
      },
    })
  })

  it('writes a space as %20 and never as a plus', () => {
    const uri = totpUri({ issuer: 'My Site', account: 'ada lovelace', secret })
    expect(uri).toContain('My%20Site%3Aada%20lovelace')
    expect(uri).not.toContain('+')
  })

  it('contains the secret first, without padding', () => {
    const uri = totpUri({ issuer: 'Site', account: 'ada', secret: Buffer.alloc(21, 1) })
    expect(uri).toMatch(/\?secret=[A-Z2-7]+&/)
  })

  it('is read back for any issuer and account', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(text, text, (issuer, account) => {
        const found = read(totpUri({ issuer, account, secret }))
        expect(found.issuer).toBe(issuer.replaceAll(':', ''))
        expect(found.account).toBe(account.replaceAll(':', ''))
        expect(found.parameters['issuer']).toBe(found.issuer)
      }),
    )
  })
})
