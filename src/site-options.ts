import type { Logger } from 'pino'
import type { Sequelize } from 'sequelize'
import type { HostAdmin } from './admin/host/host-admin.js'
import type { Requirements } from './admin/requirements.js'
import type { UsersAdapter } from './auth/host-users/users-adapter.js'
import type { Clock } from './clock.js'
import { type Config, type Fault, readConfig } from './config/read-config.js'
import type { Keyring } from './crypto/keyring.js'
import { SiteError } from './errors.js'
import type { MailGateway } from './notify/gateways/mail-gateway.js'
import type { SmsGateway } from './notify/gateways/sms-gateway.js'
import type { AddedKind } from './otp/kinds/added-kind.js'
import type { UserVerification } from './otp/webauthn/relying-party.js'

/** What an application gives to the site that it mounts. */
export interface SiteOptions {
  /**
   * Settings under the names of docs/configuration.md, for example
   * `{ BASE_URL: 'https://example.com', SECRET_KEYS: '…' }`. The environment is not read
   * unasked, because its `PORT` or `DATABASE_URL` are the application's own: whoever wants
   * it says `config: process.env`.
   */
  config?: Readonly<Record<string, string | undefined>>
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
  kinds?: readonly AddedKind[]
  /** Where mails leave the house, instead of `SMTP_URL`. */
  mail?: MailGateway
  /** Where text messages and calls leave the house, instead of `SMS_GATEWAY`. */
  sms?: SmsGateway
  /** Whether the site answers `/healthz` and `/readyz`. `false` where nothing is said: an application has its own. */
  health?: boolean
  clock?: Clock
  log?: Logger
  keys?: Keyring
  /** Whether a security key beside a password asks for a PIN or a finger, too. Where nothing is said: `preferred`. */
  userVerification?: UserVerification
}

/** The options, checked, with what follows from them. */
export interface CheckedOptions extends Pick<SiteOptions, 'clock' | 'log' | 'keys' | 'mail' | 'sms'> {
  config: Config
  /** Public origin. */
  baseUrl: string
  alsoOrigins: readonly string[]
}

/** Checks all options together. @throws SiteError `options_refused`, which names every mistake */
export function readSiteOptions(options: SiteOptions): CheckedOptions {
  const { clock, log, keys, mail, sms } = options
  const result = readConfig(settingsOf(options))
  const mistakes = [...databaseMistakes(options), ...(result.ok ? [] : result.faults.map(inConfig))]
  if (!result.ok || mistakes.length > 0)
    throw new SiteError('options_refused', mistakes.join('\n'), 'Give createOtpAdminSite other options.')
  const { config } = result
  const baseUrl = config.baseUrl ?? `http://localhost:${config.port}`
  const alsoOrigins = config.production ? [] : [`http://127.0.0.1:${config.port}`]
  return {
    config,
    baseUrl,
    alsoOrigins,
    ...(clock && { clock }),
    ...(log && { log }),
    ...(keys && { keys }),
    ...(mail && { mail }),
    ...(sms && { sms }),
  }
}

/** With an instance of Sequelize its server stands for `DATABASE_URL`; a stand-in says so to the checks. */
function settingsOf({ config = {}, sequelize, schema }: SiteOptions): Readonly<Record<string, string | undefined>> {
  const named = schema ?? config['DATABASE_SCHEMA'] ?? (sequelize && 'otp_admin')
  return {
    ...config,
    ...(sequelize && { DATABASE_URL: 'postgres://sequelize' }),
    ...(named !== undefined && { DATABASE_SCHEMA: named }),
  }
}

function databaseMistakes({ sequelize, config = {} }: SiteOptions): string[] {
  if (!sequelize) return []
  const dialect = sequelize.getDialect()
  if (dialect !== 'postgres')
    return [
      `sequelize must be on PostgreSQL and is on ${dialect}: leave it out, and give config.DATABASE_URL or config.DATA_DIR`,
    ]
  return config['DATABASE_URL'] ? ['config.DATABASE_URL must not be given beside sequelize'] : []
}

function inConfig({ variable, message }: Fault): string {
  return `config.${variable} ${message}`
}
