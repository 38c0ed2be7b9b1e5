import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { isPlainHttp } from '../../src/config/is-plain-http.js'
import { weakSettings } from '../../src/config/weak-settings.js'
import { readConfig } from '../../src/config/read-config.js'

const SECRET_KEYS = randomBytes(32).toString('base64')
const production = { NODE_ENV: 'production', SECRET_KEYS }

/** `rejected`: the process exits with 78. `warned`: the log names the variable. */
type Outcome = 'rejected' | 'warned' | 'silent'

function outcomeOf(environment: Record<string, string>, variable: string): Outcome {
  const result = readConfig(environment)
  if (!result.ok) return result.issues.some((error) => error.variable === variable) ? 'rejected' : 'silent'
  const baseUrl = result.config.baseUrl ?? 'http://localhost:3000'
  return weakSettings(result.config, baseUrl).some((weak) => weak.variable === variable) ? 'warned' : 'silent'
}

describe('OTP_POLICY=strict', () => {
  const strict = { ...production, OTP_POLICY: 'strict', BASE_URL: 'https://admin.example.com' }
  const settings: [variable: string, value: string, under: Outcome, without: Outcome][] = [
    ['BASE_URL', 'http://admin.example.com', 'rejected', 'warned'],
    ['BASE_URL', 'http://192.0.2.7:3000', 'rejected', 'warned'],
    ['BASE_URL', 'http://localhost.example.com', 'rejected', 'warned'],
    ['BASE_URL', 'http://127.0.0.1.example.com', 'rejected', 'warned'],
    ['BASE_URL', 'http://[2001:db8::1]', 'rejected', 'warned'],
    ['BASE_URL', 'http://localhost', 'silent', 'silent'],
    ['BASE_URL', 'http://localhost:3000', 'silent', 'silent'],
    ['BASE_URL', 'http://admin.localhost', 'silent', 'silent'],
    ['BASE_URL', 'http://127.0.0.1:3000', 'silent', 'silent'],
    ['BASE_URL', 'http://[::1]:3000', 'silent', 'silent'],
    ['BASE_URL', 'https://admin.example.com', 'silent', 'silent'],
    ['BASE_URL', '', 'silent', 'silent'],
    ['OTP_EMAIL', 'true', 'rejected', 'silent'],
    ['TRUST_BROWSER_DAYS', '1', 'rejected', 'silent'],
    ['OTP_GRACE_DAYS', '7', 'warned', 'silent'],
    ['LOGIN_ADDRESS_LIMIT', '0', 'warned', 'silent'],
    ['OTP_THROTTLE_FACTOR', '0', 'warned', 'silent'],
    ['LOGIN_TIMEOUT', '1801', 'warned', 'silent'],
    ['LOGIN_TIMEOUT', '1800', 'silent', 'silent'],
    ['OTP_ENROLMENT', 'self', 'silent', 'silent'],
    ['OTP_PASSKEY_LOGIN', 'true', 'silent', 'silent'],
    ['OTP_CHALLENGE_COOLDOWN', '0', 'silent', 'silent'],
    ['OTP_TOTP_SYNC', 'false', 'silent', 'silent'],
    ['AUDIT_RETENTION_DAYS', '30', 'silent', 'silent'],
  ]

  it.each(settings)('with %s=%s is %s, and another policy is %s', (variable, value, under, without) => {
    expect(outcomeOf({ ...strict, [variable]: value }, variable)).toBe(under)
    expect(outcomeOf({ ...strict, OTP_POLICY: 'staff', [variable]: value }, variable)).toBe(without)
  })

  it('outside production accepts http and logs a warning', () => {
    const development = { OTP_POLICY: 'strict', BASE_URL: 'http://192.0.2.7' }
    expect(outcomeOf(development, 'BASE_URL')).toBe('warned')
  })

  it('reports what is valid', () => {
    expect(readConfig({ ...strict, BASE_URL: 'http://admin.example.com' })).toEqual({
      ok: false,
      issues: [{ variable: 'BASE_URL', message: expect.stringMatching(/^must be https with OTP_POLICY=strict/) }],
    })
  })
})

it('isPlainHttp does not report values that are not origins, because other checks reject them', () => {
  expect(isPlainHttp('')).toBe(false)
  expect(isPlainHttp('admin.example.com')).toBe(false)
})
