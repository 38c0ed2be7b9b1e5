import { z } from 'zod'
import { UsageRefused } from './refusals.js'
import { readEmail } from '../typed-text/read-email.js'

/**
 * Checks a command's options. A schema's messages say what would be right, so that no
 * value, which may be a secret, is repeated.
 */
export function readArguments<T>(schema: z.ZodType<T>, options: unknown): T {
  const parsed = schema.safeParse(options)
  if (parsed.success) return parsed.data
  throw new UsageRefused(parsed.error.issues.map((issue) => `--${String(issue.path[0])}: ${issue.message}`))
}

/** An address as it is stored: without spaces around it, in small letters. */
export const emailAddress = z.string().transform((typed, { addIssue }) => {
  const email = readEmail(typed)
  if (email !== null) return email
  const message =
    typed.trim().length > 254 ? 'must have at most 254 characters' : 'must be an email address such as ada@example.com'
  addIssue({ code: 'custom', message })
  return z.NEVER
})
