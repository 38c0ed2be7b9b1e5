import { z } from 'zod'
import { SiteError } from '../../errors.js'
import type { Auth } from '../auth.js'
import { type Requirement, requirementSchema } from '../policy/requirement.js'

/** How `otpRequired` and `requires` respond if the requirement is not met. Never pass values from a request. */
export interface GuardOptions {
  /** Whether signed-in users who have no confirmed device pass, too. Default: false. */
  ifConfigured?: boolean
  /** URL of the sign-in with its token step. Default: `/account/login`. */
  loginUrl?: string
  /** URL to which users without a device are redirected. Default: a 403 page that links to the setup. */
  verificationUrl?: string
  /** Query parameter of these two URLs with the path to return to. Default: `next`, which the site's own pages read. */
  redirectFieldName?: string
  /** Whether anonymous requests get a 403 instead of a redirect to the sign-in. Default: false. */
  raiseAnonymous?: boolean
  /** Whether users without a device get a plain 403, even if `verificationUrl` is set. Default: false. */
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

/**
 * Validates a guard's options when its route is declared.
 *
 * @throws SiteError `guard_options_invalid`
 */
export function validateGuardOptions(options: GuardOptions): GuardOptions {
  const parsed = guardOptions.safeParse(options)
  if (parsed.success) return parsed.data
  throw new SiteError(
    'guard_options_invalid',
    `Invalid options for a guarded route: ${z.prettifyError(parsed.error)}`,
    'Use the options listed in GuardOptions.',
  )
}

/**
 * Validates a requirement when its route is declared. An unknown kind is an error, because
 * nobody could ever meet the requirement.
 *
 * @throws SiteError `requirement_invalid`
 */
export function validateRequirement({ otp }: Pick<Auth, 'otp'>, requirement: Requirement): Requirement {
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
