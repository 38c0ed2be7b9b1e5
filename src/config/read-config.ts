import path from 'node:path'
import { type Option, options, type OptionValues } from './options.js'

/** The checked environment, with the defaults that depend on other values filled in. */
export interface Config extends Omit<OptionValues, 'baseUrl'> {
  production: boolean
  /** The public origin; undefined until the port is known where `PORT` is 0. */
  baseUrl: string | undefined
}

export interface Fault {
  variable: string
  message: string
}

export type ConfigResult = { ok: true; config: Config } | { ok: false; faults: Fault[] }

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Checks all variables together and reports every mistake at once. A fault names the
 * variable and what would be right, never the value.
 *
 * @example readConfig(process.env)
 */
export function readConfig(environment: Environment): ConfigResult {
  const faults: Fault[] = []
  const values: Record<string, unknown> = {}
  for (const [key, option] of Object.entries<Option>(options)) {
    const parsed = option.schema.safeParse(environment[option.name] || undefined)
    if (parsed.success) values[key] = parsed.data
    else faults.push({ variable: option.name, message: `must be ${option.expected}` })
  }
  const complete = values as OptionValues
  faults.push(...combinationFaults(complete, new Set(faults.map((fault) => fault.variable))))
  return faults.length > 0 ? { ok: false, faults } : { ok: true, config: withDerived(complete) }
}

/** Mistakes that only two values together show; a value already at fault is left out. */
function combinationFaults(values: Partial<OptionValues>, known: ReadonlySet<string>): Fault[] {
  const rules: [broken: boolean, variable: string, message: string][] = [
    [
      values.env === 'production' && !values.secretKeys,
      'SECRET_KEYS',
      `is required in production: ${options.secretKeys.expected}`,
    ],
    [
      values.env === 'production' && values.smsGateway === 'file',
      'SMS_GATEWAY',
      'must not be `file` in production: use `twilio` or leave it unset',
    ],
    ...twilioRules(values),
  ]
  return rules
    .filter(([broken, variable]) => broken && !known.has(variable))
    .map(([, variable, message]) => ({ variable, message }))
}

function twilioRules(values: Partial<OptionValues>): [boolean, string, string][] {
  const twilio = values.smsGateway === 'twilio'
  return [
    [
      twilio && !values.twilioAccountSid,
      'TWILIO_ACCOUNT_SID',
      `is required with SMS_GATEWAY=twilio: ${options.twilioAccountSid.expected}`,
    ],
    [
      twilio && !values.twilioAuthToken,
      'TWILIO_AUTH_TOKEN',
      `is required with SMS_GATEWAY=twilio: ${options.twilioAuthToken.expected}`,
    ],
    [
      twilio && !values.twilioCallerId && !values.twilioMessagingServiceSid,
      'TWILIO_CALLER_ID',
      `is required with SMS_GATEWAY=twilio unless TWILIO_MESSAGING_SERVICE_SID is set: ${options.twilioCallerId.expected}`,
    ],
  ]
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
