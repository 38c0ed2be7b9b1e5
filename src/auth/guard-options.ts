import { z } from 'zod'
import { SiteError } from '../errors.js'
import type { Auth } from './auth.js'
import { type Requirement, requirementSchema } from './requirement.js'

/** How `otpRequired` and `requires` treat whoever falls short. All of it is the program's own, never a visitor's. */
export interface GuardOptions {
  /** Lets those pass, too, who have signed in and have no confirmed device at all. */
  ifConfigured?: boolean
  /** Where people sign in and give their token; `/account/login` where nothing is said. */
  loginUrl?: string
  /** Where somebody without a device is led; where nothing is said, a 403 page shows the way to the set-up. */
  verificationUrl?: string
  /** What the way back is called in those two addresses; `next` where nothing is said, and what our own pages read. */
  redirectFieldName?: string
  /** A 403 for strangers, in place of the way to the sign-in. */
  raiseAnonymous?: boolean
  /** A plain 403 for people without a device, whatever `verificationUrl` says. */
  raiseUnverified?: boolean
}

const guardOptions: z.ZodType<GuardOptions> = z.strictObject({
  ifConfigured: z.boolean().exactOptional(),
  loginUrl: z.string().min(1).exactOptional(),
  verificationUrl: z.string().min(1).exactOptional(),
  redirectFieldName: z.string().min(1).exactOptional(),
  raiseAnonymous: z.boolean().exactOptional(),
  raiseUnverified: z.boolean().exactOptional(),
})

/** Checks the options of a route when it is declared. @throws SiteError `guard_options_invalid` */
export function checkGuardOptions(options: GuardOptions): GuardOptions {
  const parsed = guardOptions.safeParse(options)
  if (parsed.success) return parsed.data
  throw new SiteError(
    'guard_options_invalid',
    `Invalid options for a guarded route: ${z.prettifyError(parsed.error)}`,
    'Use the options listed in GuardOptions.',
  )
}

/**
 * Checks a requirement when it is declared, kinds that nobody knows included: a route that
 * nobody could ever pass is a slip of the pen. @throws SiteError `requirement_invalid`
 */
export function checkRequirement({ otp }: Pick<Auth, 'otp'>, requirement: Requirement): Requirement {
  const parsed = requirementSchema.safeParse(requirement)
  if (!parsed.success) throw invalid(z.prettifyError(parsed.error))
  const known = otp.everyKind.map(({ name }) => name)
  const unknown = kindsIn(parsed.data).find((kind) => !known.includes(kind))
  if (unknown !== undefined)
    throw invalid(`there is no kind of device called “${unknown}” (known kinds: ${known.join(', ')})`)
  return parsed.data
}

function invalid(what: string): SiteError {
  return new SiteError('requirement_invalid', `Invalid requirement: ${what}`, 'See the Requirement type.')
}

function kindsIn({ kinds = [], anyOf = [], allOf = [] }: Requirement): string[] {
  return [...kinds, ...[...anyOf, ...allOf].flatMap(kindsIn)]
}
