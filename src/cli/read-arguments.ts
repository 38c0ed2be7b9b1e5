import { z } from 'zod'
import { UsageRefused } from './refusals.js'

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
export const emailAddress = z
  .string()
  .trim()
  .toLowerCase()
  .max(254, 'must have at most 254 characters')
  .pipe(z.email('must be an e-mail address such as ada@example.com'))
