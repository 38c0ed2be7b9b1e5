import path from 'node:path'
import { isBlankKey } from './is-guessable-key.js'
import { isPlainHttp } from './is-plain-http.js'
import { type OptionDoc, optionDocs, options, type OptionValues } from './options.js'

/** The checked environment, with the defaults that depend on other values filled in. */
export interface Config extends Omit<OptionValues, 'baseUrl' | 'smsGateway'> {
  /** `given`: an object from the application. */
  smsGateway: OptionValues['smsGateway'] | 'given'
  production: boolean
  /** The public origin; undefined if `PORT` is 0, until the port is known. */
  baseUrl: string | undefined
}

/** One mistake. The message names the valid values and never contains the actual one. */
export interface ConfigIssue {
  variable: string
  message: string
}

/** The checked settings, or all mistakes in them. */
export type ConfigResult = { ok: true; config: Config } | { ok: false; issues: ConfigIssue[] }

/** Variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Every variable's description, by its key in `options`. */
export const optionsByKey: ReadonlyMap<string, OptionDoc> = new Map(
  Object.entries(options.shape).flatMap(([key, schema]) => {
    const text = optionDocs.get(schema)
    return text ? [[key, text]] : []
  }),
)

/**
 * Checks all environment variables together and reports every mistake at once. A message names the
 * variable and what would be right, never the value. docs/configuration.md lists the variables.
 *
 * @param environment variables by name, for example `process.env`; an empty text counts as unset
 * @returns the settings with defaults filled in, or every mistake. Never throws
 * @example
 * const read = readConfig(process.env)
 * if (!read.ok) throw new Error('Wrong configuration')
 * const database = await connectDatabase(read.config)
 */
export function readConfig(environment: Environment): ConfigResult {
  const raw = Object.fromEntries([...optionsByKey].map(([key, { name }]) => [key, environment[name] || undefined]))
  const parsed = options.safeParse(raw)
  const issues = [...findInvalidValues(parsed.error?.issues ?? []), ...findInvalidCombinations(environment)]
  if (!parsed.success || issues.length > 0) return { ok: false, issues: issues }
  const config = withDerived(parsed.data)
  const blank = blankKey(config)
  return blank ? { ok: false, issues: [blank] } : { ok: true, config }
}

/**
 * Rejects a blank newest key in production. Older keys can be blank, because they are needed to
 * replace it. A key that can be guessed causes a warning at the start (weak-settings.ts).
 */
function blankKey({ production, secretKeys }: Config): ConfigIssue | null {
  const [newest] = secretKeys ?? []
  if (!production || !newest || !isBlankKey(newest)) return null
  return {
    variable: 'SECRET_KEYS',
    message:
      'must begin with a random key in production: the first one is all zeros. Generate one with `openssl rand -base64 32` and put it in front, then run `otp-admin rotate-keys`',
  }
}

/** Reports one mistake per variable, even if its value breaks several rules. */
function findInvalidValues(issues: readonly { path: PropertyKey[] }[]): ConfigIssue[] {
  const keys = new Set(issues.map((issue) => String(issue.path[0])))
  return [...keys].flatMap((key) => {
    const variable = optionsByKey.get(key)
    return variable ? [{ variable: variable.name, message: `must be ${variable.expected}` }] : []
  })
}

/** Finds mistakes in the combination of variables. Checks only whether they are set, so that an invalid value is not reported twice. */
function findInvalidCombinations(environment: Environment): ConfigIssue[] {
  const production = environment['NODE_ENV'] === 'production'
  const gateway = environment['SMS_GATEWAY']
  const issues: ConfigIssue[] = []
  if (production && !environment['SECRET_KEYS']) issues.push(required('secretKeys', 'in production'))
  if (production && gateway === 'file')
    issues.push({
      variable: 'SMS_GATEWAY',
      message: 'cannot be `file` in production. Use `twilio`, or leave it unset',
    })
  const schema = environment['DATABASE_SCHEMA']
  if (schema && !environment['DATABASE_URL'] && options.shape.databaseSchema.safeParse(schema).success)
    issues.push({
      variable: 'DATABASE_SCHEMA',
      message: 'can only be set together with DATABASE_URL, because the embedded database is never shared',
    })
  if (gateway === 'twilio') issues.push(...missingForTwilio(environment))
  if (environment['OTP_POLICY'] === 'strict') issues.push(...tooLaxForStrict(environment))
  return issues
}

/**
 * Finds settings that OTP_POLICY=strict does not allow. Neither email nor a trusted browser is a
 * factor at AAL2 (NIST SP 800-63B-4 §3.1.3, §5), and session cookies must be `Secure` (§5.1.1).
 */
function tooLaxForStrict(environment: Environment): ConfigIssue[] {
  const issues: ConfigIssue[] = []
  if (environment['OTP_EMAIL'] === 'true')
    issues.push({
      variable: 'OTP_EMAIL',
      message: 'must be `false` with OTP_POLICY=strict, which does not accept email as a second factor',
    })
  if (Number(environment['TRUST_BROWSER_DAYS'] || 0) > 0)
    issues.push({
      variable: 'TRUST_BROWSER_DAYS',
      message: 'must be `0` with OTP_POLICY=strict, which requires a second factor at every sign-in',
    })
  if (environment['NODE_ENV'] === 'production' && isPlainHttp(environment['BASE_URL'] ?? ''))
    issues.push({
      variable: 'BASE_URL',
      message: 'must be https with OTP_POLICY=strict in production: without it cookies are not `Secure`',
    })
  return issues
}

function missingForTwilio(environment: Environment): ConfigIssue[] {
  const issues: ConfigIssue[] = []
  const when = 'with SMS_GATEWAY=twilio'
  if (!environment['TWILIO_ACCOUNT_SID']) issues.push(required('twilioAccountSid', when))
  if (!environment['TWILIO_AUTH_TOKEN']) issues.push(required('twilioAuthToken', when))
  if (!environment['TWILIO_CALLER_ID'] && !environment['TWILIO_MESSAGING_SERVICE_SID'])
    issues.push(required('twilioCallerId', `${when} unless TWILIO_MESSAGING_SERVICE_SID is set`))
  return issues
}

function required(key: keyof OptionValues, when: string): ConfigIssue {
  const variable = optionDocs.get(options.shape[key])
  return { variable: variable?.name ?? key, message: `must be set ${when}: ${variable?.expected}` }
}

function withDerived(values: OptionValues): Config {
  const production = values.env === 'production'
  return {
    ...values,
    production,
    folder: path.resolve(values.folder),
    smsGateway: values.smsGateway ?? (production ? undefined : 'file'),
    baseUrl: values.baseUrl ?? (values.port === 0 ? undefined : `http://localhost:${values.port}`),
  }
}
