import type { Logger } from 'pino'
import type { Sequelize } from 'sequelize'
import { z } from 'zod'
import type { HostAdmin } from './admin/host/host-admin.js'
import type { Requirements } from './admin/host/host-admin.js'
import type { UsersAdapter } from './auth/host-users/users-adapter.js'
import type { Clock } from './clock.js'
import { type Config, readConfig } from './config/read-config.js'
import type { Keyring } from './crypto/keyring.js'
import { SiteError } from './errors.js'
import type { MailGateway } from './notify/gateways/mail-gateway.js'
import type { SmsGateway } from './notify/gateways/sms-gateway.js'
import { type EventHandlers, isEventName } from './otp/subscribe.js'
import type { CustomKind } from './otp/kind-registry/custom-kind.js'
import type { UserVerification } from './otp/relying-party.js'

/** The options of the site that an application mounts. */
export interface SiteOptions {
  /**
   * Settings under the names of docs/configuration.md, for example
   * `{ BASE_URL: 'https://example.com', SECRET_KEYS: '…' }`. The site does not read the environment
   * itself, because variables such as `PORT` and `DATABASE_URL` can belong to the application. To
   * use the environment, pass `config: process.env`.
   */
  config?: Readonly<Record<string, string | number | boolean | undefined>>
  /**
   * The application's Sequelize 6 instance for PostgreSQL. The site opens its own connections to the
   * same database and creates its tables in a separate schema, so that its `users` and `sessions` do
   * not collide with the application's. With another dialect, leave it out and pass
   * `config.DATABASE_URL` or `config.DATA_DIR`.
   */
  sequelize?: Sequelize
  /** The schema. Default: `otp_admin` with `sequelize`, otherwise `config.DATABASE_SCHEMA`. Jobs are stored in `<schema>_jobs`. */
  schema?: string
  /** An adapter for the application's own table of users. Passwords, names and flags stay there. */
  users?: UsersAdapter
  /** The application's AdminJS options or instance. Its resources become part of the site's panel. */
  admin?: HostAdmin
  /**
   * What calls of the panel require, by `resource.action`, or by `resource.*` for every action of a
   * resource. By default, a change to people or devices requires a token from the last 300 seconds.
   *
   * @example { 'users.resetSecondFactor': { kinds: ['webauthn'], maxAge: 600 } }
   */
  requirements?: Requirements
  /** Custom kinds of device, in addition to the built-in ones. */
  kinds?: readonly CustomKind[]
  /** Sends emails instead of `SMTP_URL`. `send(mail)` throws a `DeliveryError` if an email could not be sent. */
  mail?: Pick<MailGateway, 'send'> & Partial<MailGateway>
  /** Sends text messages and makes calls instead of `SMS_GATEWAY`. */
  sms?: SmsGateway
  /**
   * Handlers of events, by name (docs/events.md). A handler that runs inside the transaction can undo
   * it by throwing. An error of a handler that runs afterwards is only logged.
   */
  on?: EventHandlers
  /** A folder with `.ejs` files that replace the package's views of the same name, for the whole process. */
  views?: string
  /** A folder with files `<language>/<namespace>.json` that replace the package's texts of the same key, for the whole process. */
  locales?: string
  /** Whether this process delivers emails and messages. Default: true. Pass `false` if another process does, such as `otp-admin serve`. */
  worker?: boolean
  /** Whether the site serves `/healthz` and `/readyz`. Default: false, because applications have their own. */
  health?: boolean
  clock?: Clock
  log?: Logger
  keys?: Keyring
  /** Whether security keys must verify their user after a password, by PIN or fingerprint. Default: `preferred`. */
  userVerification?: UserVerification
}

/** The validated options and the values derived from them. */
export interface ValidatedOptions {
  config: Config
  /** Public origin. */
  baseUrl: string
  alsoOrigins: readonly string[]
}

const has = (...names: string[]) =>
  z.custom<object>(
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      names.every((name) => typeof Reflect.get(value, name) === 'function'),
    `must be an object with ${names.map((name) => `${name}()`).join(', ')}`,
  )

const setting = z.union([z.string(), z.number(), z.boolean()], 'must be a string, a number or a boolean')
const folder = z.string('must be the path of a folder').min(1)
const yesOrNo = z.boolean('must be true or false')
const handlers = z.record(z.string(), z.function().optional()).superRefine((on, context) => {
  for (const name of Object.keys(on).filter((each) => !isEventName(each)))
    context.addIssue({ code: 'custom', path: [name], message: 'is not an event (see docs/events.md)' })
})

/** The schema of each option. */
const shape = {
  config: z.record(z.string(), setting.optional()),
  sequelize: has('getDialect', 'query'),
  schema: z.string('must be a string'),
  users: has('findByLogin', 'find', 'checkPassword'),
  admin: z.custom<object>(
    (value) => typeof value === 'object' && value !== null,
    'must be AdminJS options or an instance',
  ),
  requirements: z.record(z.string(), z.object({}, 'must be a requirement').loose().nullable()),
  kinds: z.array(
    z.custom<object>((value) => typeof value === 'object' && value !== null),
    'must be a list of kinds',
  ),
  mail: has('send'),
  sms: has('sendText', 'call'),
  on: handlers,
  views: folder,
  locales: folder,
  worker: yesOrNo,
  health: yesOrNo,
  clock: has('now'),
  log: has('info', 'warn', 'error', 'child'),
  keys: has('seal', 'open', 'hash', 'hashes', 'handles', 'requireKnown', 'wrap', 'unwrap', 'onUnknownKey'),
  userVerification: z.enum(
    ['discouraged', 'preferred', 'required'],
    'must be `discouraged`, `preferred` or `required`',
  ),
} satisfies Record<keyof SiteOptions, z.ZodType>

/** Validates all options. @throws SiteError `options_refused`, which lists every invalid option, but never its value */
export function parseSiteOptions(options: SiteOptions): ValidatedOptions {
  const parsed = z.strictObject(shape).partial().safeParse(options)
  const result = readConfig(settingsOf(options))
  const problems = [
    ...(parsed.error?.issues.flatMap(describe) ?? []),
    ...databaseProblems(options),
    ...(result.ok ? [] : result.issues.map(({ variable, message }) => `config.${variable} ${message}`)),
  ]
  if (!result.ok || problems.length > 0)
    throw new SiteError('options_refused', problems.join('\n'), 'Correct the options of createOtpAdminSite.')
  const config: Config = options.sms ? { ...result.config, smsGateway: 'given' } : result.config
  const baseUrl = config.baseUrl ?? `http://localhost:${config.port}`
  const alsoOrigins = config.production ? [] : [`http://127.0.0.1:${config.port}`]
  return { config, baseUrl, alsoOrigins }
}

function describe(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((name) => `${name} is not an option`)
  return [`${issue.path.join('.')} ${issue.message}`]
}

/** Builds the settings to check. With a Sequelize instance, a placeholder represents its server as `DATABASE_URL`. */
function settingsOf({ config = {}, sequelize, schema }: SiteOptions): Readonly<Record<string, string | undefined>> {
  const named = schema ?? config['DATABASE_SCHEMA'] ?? (sequelize && 'otp_admin')
  const settings = {
    ...config,
    ...(sequelize && { DATABASE_URL: 'postgres://sequelize' }),
    ...(named !== undefined && { DATABASE_SCHEMA: named }),
  }
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [name, value === undefined ? value : String(value)]),
  )
}

function databaseProblems({ sequelize, config = {} }: SiteOptions): string[] {
  if (!sequelize || !shape.sequelize.safeParse(sequelize).success) return []
  const dialect = sequelize.getDialect()
  if (dialect !== 'postgres')
    return [
      `sequelize must use PostgreSQL, but uses ${dialect}. Leave it out and pass config.DATABASE_URL or config.DATA_DIR`,
    ]
  return config['DATABASE_URL'] ? ['config.DATABASE_URL cannot be combined with sequelize'] : []
}
