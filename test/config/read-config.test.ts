import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { readConfig, optionsByKey } from '../../src/config/read-config.js'

const key = randomBytes(32).toString('base64')
const sid = `AC${'0123456789abcdef'.repeat(2)}`

function configOf(environment: Record<string, string>) {
  const result = readConfig(environment)
  if (!result.ok) throw new Error(`invalid: ${result.issues.map((error) => error.variable).join(', ')}`)
  return result.config
}

function faultsOf(environment: Record<string, string>) {
  const result = readConfig(environment)
  return result.ok ? [] : result.issues
}

describe('an empty environment', () => {
  it('gives the documented defaults', () => {
    expect(configOf({})).toMatchObject({
      env: 'development',
      production: false,
      host: '127.0.0.1',
      port: 3000,
      baseUrl: 'http://localhost:3000',
      trustProxy: false,
      databaseUrl: undefined,
      secretKeys: undefined,
      siteName: 'OTP Admin',
      smtpUrl: undefined,
      smsGateway: 'file',
      otpEnrolment: 'self',
      otpTotpSync: true,
      otpThrottleFactor: 1,
      loginAddressLimit: 100,
      otpEmail: false,
      otpPasskeyLogin: false,
      otpPolicy: 'staff',
      otpGraceDays: 0,
      trustBrowserDays: 0,
      otpChallengeCooldown: 30,
      loginTimeout: 600,
      logLevel: 'info',
    })
  })

  it('is the same as one whose variables are empty', () => {
    const empty = Object.fromEntries([...optionsByKey.values()].map(({ name }) => [name, '']))
    expect(configOf(empty)).toEqual(configOf({}))
  })

  it('makes DATA_DIR absolute', () => {
    expect(configOf({ DATA_DIR: 'somewhere' }).folder).toBe(`${process.cwd()}/somewhere`)
  })
})

/** Valid values of each variable, and the options that result. */
const valid: [name: string, value: string, key: string, expected: unknown][] = [
  ['NODE_ENV', 'test', 'env', 'test'],
  ['HOST', '::', 'host', '::'],
  ['PORT', '65535', 'port', 65_535],
  ['PORT', '0', 'port', 0],
  ['BASE_URL', 'https://admin.example.com', 'baseUrl', 'https://admin.example.com'],
  ['BASE_URL', 'https://admin.example.com:443/', 'baseUrl', 'https://admin.example.com'],
  ['TRUST_PROXY', '1', 'trustProxy', 1],
  ['TRUST_PROXY', 'true', 'trustProxy', true],
  ['TRUST_PROXY', 'false', 'trustProxy', false],
  ['TRUST_PROXY', 'loopback, 10.0.0.0/8, fd00::/8', 'trustProxy', 'loopback, 10.0.0.0/8, fd00::/8'],
  ['DATABASE_URL', 'postgres://a:b@db/otp', 'databaseUrl', 'postgres://a:b@db/otp'],
  ['DATABASE_URL', 'postgresql:///otp?host=/run', 'databaseUrl', 'postgresql:///otp?host=/run'],
  ['SITE_NAME', 'Ünïcode & Co', 'siteName', 'Ünïcode & Co'],
  ['SMTP_URL', 'smtps://u:p@mail:465', 'smtpUrl', 'smtps://u:p@mail:465'],
  ['MAIL_FROM', 'OTP <otp@example.com>', 'mailFrom', 'OTP <otp@example.com>'],
  ['SMS_GATEWAY', 'file', 'smsGateway', 'file'],
  ['OTP_ENROLMENT', 'invite', 'otpEnrolment', 'invite'],
  ['OTP_TOTP_SYNC', 'false', 'otpTotpSync', false],
  ['OTP_THROTTLE_FACTOR', '0', 'otpThrottleFactor', 0],
  ['LOGIN_ADDRESS_LIMIT', '0', 'loginAddressLimit', 0],
  ['OTP_EMAIL', 'true', 'otpEmail', true],
  ['OTP_KINDS', './kinds.js', 'kindsModule', './kinds.js'],
  ['OTP_PASSKEY_LOGIN', 'true', 'otpPasskeyLogin', true],
  ['OTP_POLICY', 'strict', 'otpPolicy', 'strict'],
  ['OTP_GRACE_DAYS', '14', 'otpGraceDays', 14],
  ['TRUST_BROWSER_DAYS', '30', 'trustBrowserDays', 30],
  ['OTP_CHALLENGE_COOLDOWN', '0', 'otpChallengeCooldown', 0],
  ['LOGIN_TIMEOUT', '60', 'loginTimeout', 60],
  ['LOG_LEVEL', 'silent', 'logLevel', 'silent'],
  ['TWILIO_ACCOUNT_SID', sid, 'twilioAccountSid', sid],
  ['TWILIO_AUTH_TOKEN', 'abc', 'twilioAuthToken', 'abc'],
  ['TWILIO_CALLER_ID', '+31201234567', 'twilioCallerId', '+31201234567'],
  ['TWILIO_MESSAGING_SERVICE_SID', sid.replace('AC', 'MG'), 'twilioMessagingServiceSid', sid.replace('AC', 'MG')],
  ['TWILIO_BASE_URL', 'http://127.0.0.1:9000', 'twilioBaseUrl', 'http://127.0.0.1:9000'],
]

describe('a valid value', () => {
  it.each(valid)('%s=%s is accepted', (name, value, option, expected) => {
    expect(configOf({ [name]: value })).toHaveProperty(option, expected)
  })

  it('SECRET_KEYS is read as bytes, newest first, with spaces around the commas', () => {
    const older = randomBytes(48).toString('base64url')
    const keys = configOf({ SECRET_KEYS: `${key} , ${older}` }).secretKeys
    expect(keys).toEqual([Buffer.from(key, 'base64'), Buffer.from(older, 'base64url')])
  })
})

/** Values that each variable rejects. None of them is part of a word in the message. */
const invalid: Record<string, string[]> = {
  NODE_ENV: ['prod', 'Production', 'zzz'],
  HOST: ['a\nb', 'h'.repeat(256), 'http://zzz', 'zzz yyy'],
  PORT: ['65536', '-1', '80.5', '0x50', 'zzz', ' 1', '99999999999'],
  BASE_URL: ['zzz', 'ftp://zzz', 'https://zzz/path', 'https://zzz/?q', 'https://zzz/#f', 'https://zzz:yyy@xxx/'],
  TRUST_PROXY: ['zzz', '10.0.0.0/33', '10.0.0.0/', 'fd00::/129', 'loopback,,zzz', '-1', '1000', '10.0.0.0/8/8'],
  DATABASE_URL: ['mysql://zzz', 'zzz', '/tmp/zzz.db'],
  DATABASE_SCHEMA: ['public', 'pg_zzz', 'Zzz', 'zzz;', 'z'.repeat(51)],
  DATA_DIR: ['zzz\u0000yyy'],
  SECRET_KEYS: ['zzz', `${key},zzz`, ',', `${key},`, randomBytes(31).toString('base64'), `${key}!`],
  SITE_NAME: ['z'.repeat(65), 'zzz\r\nBcc: yyy'],
  SMTP_URL: ['zzz', 'http://zzz', 'mail.zzz:25'],
  MAIL_FROM: ['zzz', 'zzz\nBcc: a@b', 'zzz@', 'a@zzz, b@zzz'],
  SMS_GATEWAY: ['zzz', 'FILE'],
  TWILIO_ACCOUNT_SID: ['zzz', sid.slice(1), `${sid}0`],
  TWILIO_AUTH_TOKEN: ['z'.repeat(201)],
  TWILIO_CALLER_ID: ['0201234567', '+0123', 'zzz'],
  TWILIO_MESSAGING_SERVICE_SID: [sid, 'zzz'],
  TWILIO_BASE_URL: ['zzz', 'ftp://zzz'],
  OTP_ENROLMENT: ['zzz'],
  OTP_TOTP_SYNC: ['1', 'yes', 'TRUE'],
  OTP_THROTTLE_FACTOR: ['-1', '1.5', '3601', 'zzz'],
  LOGIN_ADDRESS_LIMIT: ['-1', '1000001', 'zzz'],
  OTP_EMAIL: ['on'],
  OTP_KINDS: ['zzz\u0000yyy', 'z'.repeat(4097)],
  OTP_PASSKEY_LOGIN: ['on'],
  OTP_POLICY: ['zzz'],
  OTP_GRACE_DAYS: ['366', '-1'],
  TRUST_BROWSER_DAYS: ['366', '-1'],
  OTP_CHALLENGE_COOLDOWN: ['86401', 'zzz'],
  LOGIN_TIMEOUT: ['0', '86401'],
  LOG_LEVEL: ['loud'],
}

describe('an invalid value', () => {
  it.each(Object.entries(invalid).flatMap(([name, values]) => values.map((value) => [name, value])))(
    '%s=%j is rejected with a message that says what is valid',
    (name = '', value = '') => {
      const faults = faultsOf({ [name]: value })
      expect(faults).toEqual([{ variable: name, message: expect.stringMatching(/^must be \S/) }])
    },
  )

  it('is listed above for every variable', () => {
    expect(Object.keys(invalid).toSorted()).toEqual([...optionsByKey.values()].map(({ name }) => name).toSorted())
  })

  it('never appears in the error', () => {
    const secret = 'postgres-zzz-secret'
    for (const { name } of optionsByKey.values()) {
      const message = JSON.stringify(faultsOf({ [name]: `${secret}\u0000${secret}`.repeat(200) }))
      expect(message).toContain(name)
      expect(message).not.toContain(secret)
    }
  })
})

describe('several mistakes', () => {
  it('are all reported at once, invalid and missing values together', () => {
    const faults = faultsOf({ NODE_ENV: 'production', PORT: 'x', LOG_LEVEL: 'x', SMS_GATEWAY: 'twilio' })
    expect(faults.map((error) => error.variable)).toEqual([
      'PORT',
      'LOG_LEVEL',
      'SECRET_KEYS',
      'TWILIO_ACCOUNT_SID',
      'TWILIO_AUTH_TOKEN',
      'TWILIO_CALLER_ID',
    ])
  })

  it('of one variable are reported once', () => {
    expect(faultsOf({ NODE_ENV: 'production', SECRET_KEYS: 'short' })).toHaveLength(1)
  })
})

describe('production', () => {
  it('requires SECRET_KEYS', () => {
    expect(faultsOf({ NODE_ENV: 'production' })).toEqual([
      { variable: 'SECRET_KEYS', message: expect.stringMatching(/^must be set in production: /) },
    ])
  })

  it('has no gateway for text messages unless it is set, and never the file gateway', () => {
    const environment = { NODE_ENV: 'production', SECRET_KEYS: key }
    expect(configOf(environment).smsGateway).toBeUndefined()
    expect(faultsOf({ ...environment, SMS_GATEWAY: 'file' })).toMatchObject([{ variable: 'SMS_GATEWAY' }])
  })
})

describe('OTP_POLICY=strict', () => {
  const strict = { OTP_POLICY: 'strict' }

  it('rejects email as a device and trusted browsers', () => {
    expect(faultsOf({ ...strict, OTP_EMAIL: 'true', TRUST_BROWSER_DAYS: '1' })).toEqual([
      {
        variable: 'OTP_EMAIL',
        message: 'must be `false` with OTP_POLICY=strict, which does not accept email as a second factor',
      },
      {
        variable: 'TRUST_BROWSER_DAYS',
        message: 'must be `0` with OTP_POLICY=strict, which requires a second factor at every sign-in',
      },
    ])
  })

  it('accepts both if they are off, by default or explicitly', () => {
    expect(faultsOf(strict)).toEqual([])
    expect(faultsOf({ ...strict, OTP_EMAIL: 'false', TRUST_BROWSER_DAYS: '0' })).toEqual([])
  })
})

describe('BASE_URL', () => {
  it('follows PORT, and is unknown until the server listens if PORT is 0', () => {
    expect(configOf({ PORT: '8080' }).baseUrl).toBe('http://localhost:8080')
    expect(configOf({ PORT: '0' }).baseUrl).toBeUndefined()
  })
})

describe('Twilio', () => {
  const account = { SMS_GATEWAY: 'twilio', TWILIO_ACCOUNT_SID: sid, TWILIO_AUTH_TOKEN: 'abc' }

  it('requires a number or a messaging service', () => {
    expect(faultsOf(account)).toMatchObject([{ variable: 'TWILIO_CALLER_ID' }])
    expect(faultsOf({ ...account, TWILIO_CALLER_ID: '+31201234567' })).toEqual([])
    expect(faultsOf({ ...account, TWILIO_MESSAGING_SERVICE_SID: sid.replace('AC', 'MG') })).toEqual([])
  })
})
