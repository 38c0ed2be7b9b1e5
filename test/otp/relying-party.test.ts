import { expect, it } from 'vitest'
import { otpSettings } from '../../src/otp/otp-settings.js'
import { relyingPartyFor } from '../../src/otp/relying-party.js'
import { testConfig } from '../support/config.js'

it.each([
  ['https://admin.example.com', 'admin.example.com'],
  ['https://example.com:8443', 'example.com'],
  ['https://localhost', 'localhost'],
  ['http://localhost:3000', 'localhost'],
  ['http://admin.localhost:3000', 'admin.localhost'],
])('derives from %s the relying party %s', (baseUrl, id) => {
  expect(relyingPartyFor(baseUrl, 'Night Desk')).toEqual({
    id,
    origin: baseUrl,
    name: 'Night Desk',
    userVerification: 'preferred',
  })
})

it.each([
  'http://127.0.0.1:3000',
  'https://127.0.0.1',
  'https://[::1]:3000',
  'http://admin.example.com',
  'http://localhost.example.com',
  'http://0x7f.1',
])('has no relying party for %s, because browsers do not offer security keys there', (baseUrl) => {
  expect(relyingPartyFor(baseUrl, 'Night Desk')).toBeNull()
})

it('takes BASE_URL, SITE_NAME and the user verification that the site requires', () => {
  const config = testConfig({ BASE_URL: 'https://admin.example.com', SITE_NAME: 'Night Desk' })
  expect(otpSettings(config, undefined, 'required').relyingParty).toEqual({
    id: 'admin.example.com',
    origin: 'https://admin.example.com',
    name: 'Night Desk',
    userVerification: 'required',
  })
  expect(otpSettings(testConfig({ PORT: '0' })).relyingParty).toBeNull()
})
