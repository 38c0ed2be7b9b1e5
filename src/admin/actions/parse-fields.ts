import { z } from 'zod'

/** A name that people read: trimmed, no control characters, within its column. */
export const name = (max: number, min = 1) =>
  z
    .string()
    .trim()
    .min(min)
    .max(max)
    .regex(/^\P{Cc}*$/u)

/** Which fields of a form are wrong, as keys of `panel:refusals`. */
export function wrongFields(error: z.ZodError): Record<string, string> {
  return Object.fromEntries(error.issues.map(({ path }) => [String(path[0] ?? ''), `field_${String(path[0] ?? '')}`]))
}
