import { z } from 'zod'
import { UsageError } from './exit-codes.js'
import { readEmail } from '../typed-text/read-email.js'

/**
 * Checks a command's options. The messages name the valid values and never contain the actual
 * one, which can be a secret.
 *
 * @throws UsageError with one line for each invalid option
 */
export function parseArguments<T>(schema: z.ZodType<T>, options: unknown): T {
  const parsed = schema.safeParse(options)
  if (parsed.success) return parsed.data
  throw new UsageError(parsed.error.issues.map((issue) => `--${String(issue.path[0])}: ${issue.message}`))
}

/** Parses an email address into the form that is stored: without surrounding spaces, in lower case. */
export const emailAddress = z.string().transform((typed, { addIssue }) => {
  const email = readEmail(typed)
  if (email !== null) return email
  const message =
    typed.trim().length > 254 ? 'must have at most 254 characters' : 'must be an email address such as ada@example.com'
  addIssue({ code: 'custom', message })
  return z.NEVER
})
