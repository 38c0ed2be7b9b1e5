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

/** What an application gives to the site that it mounts. */
export interface SiteOptions {
  /**
   * Settings under the names of docs/configuration.md, for example
   * `{ BASE_URL: 'https://example.com', SECRET_KEYS: '…' }`. The environment is not read
   * unasked, because its `PORT` or `DATABASE_URL` are the application's own: whoever wants
   * it says `config: process.env`.
   */
  config?: Readonly<Record<string, string | number | boolean | undefined>>
  /**
   * The application's Sequelize 6 instance on PostgreSQL. The site connects to the same database
   * on connections of its own and keeps its tables in a schema of its own, so that its `users`
   * and `sessions` are no tables of the application's. On another dialect leave it out and give
   * `config.DATABASE_URL` or `config.DATA_DIR`.
   */
  sequelize?: Sequelize
  /** That schema: `otp_admin` with `sequelize`, else `config.DATABASE_SCHEMA`. The jobs lie beside it in `…_jobs`. */
  schema?: string
  /** The application's own table of users, if it has one: passwords, names and flags stay there. */
  users?: UsersAdapter
  /** The application's AdminJS options or instance: its resources stand beside ours, behind our guard. */
  admin?: HostAdmin
  /**
   * What a session must have shown for a call of the panel, by `resource.action`, or `resource.*`
   * for every action of it. Where nothing is said, whatever changes people or devices wants a
   * token within 300 seconds.
   *
   * @example { 'users.resetSecondFactor': { kinds: ['webauthn'], maxAge: 600 } }
   */
  requirements?: Requirements
  /** Kinds of device beside those that the site brings. */
  kinds?: readonly CustomKind[]
  /** Where mails leave the house, instead of `SMTP_URL`: `send(mail)` throws a `DeliveryError` where that did not work. */
  mail?: Pick<MailGateway, 'send'> & Partial<MailGateway>
  /** Where text messages and calls leave the house, instead of `SMS_GATEWAY`. */
  sms?: SmsGateway
  /**
   * Handlers of events, by name (docs/events.md). One that is told inside a transaction vetoes
   * what happened by throwing; one that is told after the fact can only be logged.
   */
  on?: EventHandlers
  /** A folder with views of the application's own, `.ejs` files that replace ours of the same name, for the whole process. */
  views?: string
  /** A folder with texts of its own, `<language>/<namespace>.json`, that replace ours of the same key, for the whole process. */
  locales?: string
  /** Whether this process delivers mails and messages. `false`: another one does, for example `otp-admin serve`. */
  worker?: boolean
  /** Whether the site answers `/healthz` and `/readyz`. `false` where nothing is said: an application has its own. */
  health?: boolean
  clock?: Clock
  log?: Logger
  keys?: Keyring
  /** Whether a security key beside a password asks for a PIN or a finger, too. Where nothing is said: `preferred`. */
  userVerification?: UserVerification
}

/** The options, checked, with what follows from them. */
export interface ValidatedOptions {
  config: Config
  /** Public origin. */
  baseUrl: string
  alsoOrigins: readonly string[]
}

const has = (...names: string[]) =>
  z.custom<object>(
    (given) =>
      typeof given === 'object' &&
      given !== null &&
      names.every((name) => typeof Reflect.get(given, name) === 'function'),
    `must be an object with ${names.map((name) => `${name}()`).join(', ')}`,
  )

const setting = z.union([z.string(), z.number(), z.boolean()], 'must be a string, a number or a boolean')
const folder = z.string('must be the path of a folder').min(1)
const yesOrNo = z.boolean('must be true or false')
const handlers = z.record(z.string(), z.function().optional()).superRefine((on, context) => {
  for (const name of Object.keys(on).filter((each) => !isEventName(each)))
    context.addIssue({ code: 'custom', path: [name], message: 'is not an event (see docs/events.md)' })
})

/** Checks of each option alone. */
const shape = {
  config: z.record(z.string(), setting.optional()),
  sequelize: has('getDialect', 'query'),
  schema: z.string('must be a string'),
  users: has('findByLogin', 'find', 'checkPassword'),
  admin: z.custom<object>(
    (given) => typeof given === 'object' && given !== null,
    'must be AdminJS options or an instance',
  ),
  requirements: z.record(z.string(), z.object({}, 'must be a requirement').loose().nullable()),
  kinds: z.array(
    z.custom<object>((given) => typeof given === 'object' && given !== null),
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

/** Checks all options together. @throws SiteError `options_refused`, which names every mistake and no value */
export function parseSiteOptions(options: SiteOptions): ValidatedOptions {
  const alone = z.strictObject(shape).partial().safeParse(options)
  const result = readConfig(settingsOf(options))
  const mistakes = [
    ...(alone.error?.issues.flatMap(describe) ?? []),
    ...databaseMistakes(options),
    ...(result.ok ? [] : result.issues.map(({ variable, message }) => `config.${variable} ${message}`)),
  ]
  if (!result.ok || mistakes.length > 0)
    throw new SiteError('options_refused', mistakes.join('\n'), 'Correct the options of createOtpAdminSite.')
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

function databaseMistakes({ sequelize, config = {} }: SiteOptions): string[] {
  if (!sequelize || !shape.sequelize.safeParse(sequelize).success) return []
  const dialect = sequelize.getDialect()
  if (dialect !== 'postgres')
    return [
      `sequelize must use PostgreSQL, but uses ${dialect}. Leave it out and pass config.DATABASE_URL or config.DATA_DIR`,
    ]
  return config['DATABASE_URL'] ? ['config.DATABASE_URL cannot be combined with sequelize'] : []
}
