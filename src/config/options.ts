import { isIP } from 'node:net'
import { z } from 'zod'
import { parseSecretKeys } from './parse-secret-keys.js'
import { isName } from '../typed-text/read-name.js'

/** Description of a variable, for the message about an invalid value and for the table in the documentation. */
export interface OptionDoc {
  name: string
  /** As shown in the table. */
  default: string
  /** For numbers: `seconds`, `days`, … */
  unit?: string
  text: string
  /** The valid values, for the message about an invalid one. */
  expected: string
}

/** The description of each schema in `options`. */
export const optionDocs = z.registry<OptionDoc>()

const flag = (fallback: boolean) =>
  z
    .enum(['true', 'false'])
    .optional()
    .transform((value) => (value === undefined ? fallback : value === 'true'))

const wholeNumber = (fallback: number, max: number, min = 0) =>
  z
    .string()
    .regex(/^\d{1,9}$/)
    .optional()
    .transform((value) => (value === undefined ? fallback : Number(value)))
    .pipe(z.number().min(min).max(max))

const url = (protocols: readonly string[]) =>
  z
    .string()
    .refine((value) => URL.canParse(value) && protocols.includes(new URL(value).protocol))
    .optional()

const isOrigin = (value: string) => URL.canParse(value) && new URL(value).href === `${new URL(value).origin}/`

const origin = url(['http:', 'https:'])
  .refine((value) => value === undefined || isOrigin(value), { abort: true })
  .transform((value) => (value === undefined ? undefined : new URL(value).origin))

const text = (max: number) => z.string().max(max).refine(isName)

const host = z
  .string()
  .max(255)
  .regex(/^[\w.:%-]+$/)

/** A single `email`, or `name <email>`. Nodemailer quotes the name. */
const mailbox = text(320).regex(/^([^<>@,]*<[^\s<>@,]+@[^\s<>@,]+>|[^\s<>@,]+@[^\s<>@,]+)$/)

const secretKeys = z
  .string()
  .transform((value, context) => {
    const keys = parseSecretKeys(value)
    if (keys) return keys
    context.addIssue({ code: 'custom' })
    return z.NEVER
  })
  .optional()

/** Whether it is a name that Express knows, an IP address, or a network such as `10.0.0.0/8`. */
function isProxy(entry: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(entry)) return true
  const [address = '', bits, ...rest] = entry.split('/')
  const size = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0
  if (bits === undefined) return size > 0
  return rest.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) > 0 && Number(bits) <= size
}

/** `TRUST_PROXY` in the forms of Express: a number of hops, true or false, or names and networks. */
const trustProxy = text(500)
  .refine((value) => /^(true|false|\d{1,3})$/.test(value) || value.split(',').every((entry) => isProxy(entry.trim())))
  .optional()
  .transform((value): string | number | boolean => {
    if (value === undefined || value === 'false') return false
    if (value === 'true') return true
    return /^\d{1,3}$/.test(value) ? Number(value) : value
  })

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

/**
 * Every variable, in the order of the documentation. A schema parses the raw text, or undefined
 * if the variable is unset or empty.
 */
export const options = z.object({
  env: z.enum(['development', 'test', 'production']).default('development').register(optionDocs, {
    name: 'NODE_ENV',
    default: 'development',
    expected: '`development`, `test` or `production`',
    text: '`production` never adds demo data, requires `SECRET_KEYS`, and marks cookies `Secure` if `BASE_URL` is https',
  }),
  host: host.default('127.0.0.1').register(optionDocs, {
    name: 'HOST',
    default: '127.0.0.1',
    expected: 'a host name or an IP address to listen on',
    text: 'where to listen',
  }),
  port: wholeNumber(3000, 65_535).register(optionDocs, {
    name: 'PORT',
    default: '3000',
    expected: 'a whole number from 0 to 65535',
    text: 'port to listen on; `0` picks a free port and prints it',
  }),
  baseUrl: origin.register(optionDocs, {
    name: 'BASE_URL',
    default: '`http://localhost:$PORT`',
    expected: 'an http or https URL without a path, for example https://admin.example.com',
    text: 'public URL, used for links in emails, origin checks and as the passkey relying party; outside production, `http://127.0.0.1:$PORT` is accepted as the same origin',
  }),
  trustProxy: trustProxy.register(optionDocs, {
    name: 'TRUST_PROXY',
    default: 'unset',
    expected: 'a number of hops, `true`, or names and networks such as `loopback, 10.0.0.0/8`',
    text: "Express `trust proxy` value, to get the client's IP address behind a proxy",
  }),
  databaseUrl: url(['postgres:', 'postgresql:']).register(optionDocs, {
    name: 'DATABASE_URL',
    default: 'unset: embedded',
    expected: 'a URL that starts with postgres:// or postgresql://',
    text: '`postgres://…` of a PostgreSQL 13+ or compatible server',
  }),
  databaseSchema: z
    .string()
    .regex(/^(?!pg_|public$|information_schema$)[a-z_][a-z0-9_]{0,49}$/)
    .optional()
    .register(optionDocs, {
      name: 'DATABASE_SCHEMA',
      default: "unset: the server's own, `public`",
      expected: 'a name of up to 50 lowercase letters, digits and underscores, other than `public`',
      text: "PostgreSQL schema for the site's tables if `DATABASE_URL` is shared with another application; jobs are stored in `…_jobs`",
    }),
  folder: text(4096).min(1).default('./data').register(optionDocs, {
    name: 'DATA_DIR',
    default: './data',
    expected: 'the path of a folder',
    text: 'folder for the embedded database, the generated secret key and emails written as `.eml`; created with mode 0700',
  }),
  secretKeys: secretKeys.register(optionDocs, {
    name: 'SECRET_KEYS',
    default: 'generated into `DATA_DIR` outside production',
    expected:
      'comma-separated keys, newest first, all different and each at least 32 bytes in Base64 (`openssl rand -base64 32` generates one)',
    text: 'comma-separated keys, newest first, each at least 32 bytes in Base64; they sign sessions and encrypt device secrets, and older keys still decrypt what they encrypted',
  }),
  siteName: text(64).min(1).default('OTP Admin').register(optionDocs, {
    name: 'SITE_NAME',
    default: 'OTP Admin',
    expected: 'a name of 1 to 64 characters',
    text: 'issuer in authenticator apps, name in emails',
  }),
  smtpUrl: url(['smtp:', 'smtps:']).register(optionDocs, {
    name: 'SMTP_URL',
    default: 'unset: emails are written as `.eml` files to `DATA_DIR/mail`',
    expected: 'a URL that starts with smtp:// or smtps://',
    text: 'Nodemailer connection URL',
  }),
  mailFrom: mailbox.optional().register(optionDocs, {
    name: 'MAIL_FROM',
    default: 'unset: `SITE_NAME <no-reply@host of BASE_URL>`',
    expected: 'a sender such as `OTP Admin <otp@example.com>`',
    text: 'sender of emails',
  }),
  smsGateway: z.enum(['file', 'twilio']).optional().register(optionDocs, {
    name: 'SMS_GATEWAY',
    default: '`file`; unset in production',
    expected: '`file` (not in production) or `twilio`',
    text: '`file` (writes a text file per message to `DATA_DIR/sms`; not allowed in production) or `twilio`; if unset, phones are not offered',
  }),
  twilioAccountSid: z
    .string()
    .regex(/^AC[0-9a-fA-F]{32}$/)
    .optional()
    .register(optionDocs, {
      name: 'TWILIO_ACCOUNT_SID',
      default: 'unset',
      expected: '`AC` and 32 hexadecimal digits',
      text: 'Twilio account',
    }),
  twilioAuthToken: text(200).min(1).optional().register(optionDocs, {
    name: 'TWILIO_AUTH_TOKEN',
    default: 'unset',
    expected: "the account's token",
    text: 'auth token of the Twilio account',
  }),
  twilioCallerId: z
    .string()
    .regex(/^\+[1-9]\d{6,14}$/)
    .optional()
    .register(optionDocs, {
      name: 'TWILIO_CALLER_ID',
      default: 'unset',
      expected: 'an E.164 number such as +31201234567',
      text: 'number that sends messages and makes calls',
    }),
  twilioMessagingServiceSid: z
    .string()
    .regex(/^MG[0-9a-fA-F]{32}$/)
    .optional()
    .register(optionDocs, {
      name: 'TWILIO_MESSAGING_SERVICE_SID',
      default: 'unset',
      expected: '`MG` and 32 hexadecimal digits',
      text: 'messaging service that sends messages instead of the number',
    }),
  twilioBaseUrl: url(['http:', 'https:']).register(optionDocs, {
    name: 'TWILIO_BASE_URL',
    default: 'unset',
    expected: 'an http or https URL',
    text: 'points the Twilio client at another URL (a regional edge, a test)',
  }),
  otpEnrolment: z.enum(['self', 'invite']).default('self').register(optionDocs, {
    name: 'OTP_ENROLMENT',
    default: 'self',
    expected: '`self` or `invite`',
    text: '`self`: staff without a device set one up after entering their password; `invite`: they cannot sign in until an administrator invites them or gives them a backup token',
  }),
  otpTotpSync: flag(true).register(optionDocs, {
    name: 'OTP_TOTP_SYNC',
    default: 'true',
    expected: '`true` or `false`',
    text: 'follow the clock drift of TOTP devices',
  }),
  otpThrottleFactor: wholeNumber(1, 3600).register(optionDocs, {
    name: 'OTP_THROTTLE_FACTOR',
    default: '1',
    unit: 'seconds',
    expected: 'a whole number of seconds from 0 to 3600',
    text: 'seconds in `factor × 2^(failures-1)` between attempts on one device; `0` turns off this throttle only, not the account lock (10 failures across all devices in 15 minutes)',
  }),
  loginAddressLimit: wholeNumber(100, 1_000_000).register(optionDocs, {
    name: 'LOGIN_ADDRESS_LIMIT',
    default: '100',
    expected: 'a whole number from 0 to 1000000',
    text: 'failed sign-ins allowed per IP address in 15 minutes, then 429; `0` turns the limit off',
  }),
  otpEmail: flag(false).register(optionDocs, {
    name: 'OTP_EMAIL',
    default: 'false',
    expected: '`true` or `false`',
    text: 'offer codes by email',
  }),
  kindsModule: text(4096).min(1).optional().register(optionDocs, {
    name: 'OTP_KINDS',
    default: 'unset',
    expected: 'the path of a module that exports `kinds`',
    text: 'path of a module that exports `kinds`, a list of custom kinds of device, for the `otp-admin` commands, `serve` included; `createOtpAdminSite` takes them as its `kinds` option instead',
  }),
  otpPasskeyLogin: flag(false).register(optionDocs, {
    name: 'OTP_PASSKEY_LOGIN',
    default: 'false',
    expected: '`true` or `false`',
    text: 'allow signing in with a passkey alone if it verified the user',
  }),
  otpPolicy: z.enum(['off', 'staff', 'everyone', 'strict']).default('staff').register(optionDocs, {
    name: 'OTP_POLICY',
    default: 'staff',
    expected: '`off`, `staff`, `everyone` or `strict`',
    text: 'who must use two-factor authentication; `strict`: everyone, following NIST SP 800-63B-4 AAL2 (docs/security.md)',
  }),
  otpGraceDays: wholeNumber(0, 365).register(optionDocs, {
    name: 'OTP_GRACE_DAYS',
    default: '0',
    unit: 'days',
    expected: 'a whole number of days from 0 to 365',
    text: 'grace period in days before the policy is enforced, starting with the first request it applies to; a banner counts down',
  }),
  trustBrowserDays: wholeNumber(0, 365).register(optionDocs, {
    name: 'TRUST_BROWSER_DAYS',
    default: '0',
    unit: 'days',
    expected: 'a whole number of days from 0 to 365',
    text: 'days a browser can be trusted, so that the password alone signs in there; `0` turns this off, also for browsers that are already trusted',
  }),
  otpChallengeCooldown: wholeNumber(30, 86_400).register(optionDocs, {
    name: 'OTP_CHALLENGE_COOLDOWN',
    default: '30',
    unit: 'seconds',
    expected: 'a whole number of seconds from 0 to 86400',
    text: 'seconds between two codes sent to one device',
  }),
  loginTimeout: wholeNumber(600, 86_400, 1).register(optionDocs, {
    name: 'LOGIN_TIMEOUT',
    default: '600',
    unit: 'seconds',
    expected: 'a whole number of seconds from 1 to 86400',
    text: 'seconds allowed between the password and the second factor',
  }),
  logLevel: z
    .enum(LEVELS)
    .default('info')
    .register(optionDocs, {
      name: 'LOG_LEVEL',
      default: 'info',
      expected: `one of ${LEVELS.map((level) => `\`${level}\``).join(', ')}`,
      text: 'pino level',
    }),
})

/** Every option's value under its key in `options`. */
export type OptionValues = z.output<typeof options>
