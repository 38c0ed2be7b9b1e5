import { z } from 'zod'
import { isName } from '../typed-text/read-name.js'

/** Builds the schema of a displayed name: trimmed, within its column, without characters that change the text around it. */
export const nameField = (max: number, min = 1) => z.string().trim().min(min).max(max).refine(isName)

/** Maps the invalid fields of a form to keys of `panel:refusals`. */
export function fieldErrors(error: z.ZodError): Record<string, string> {
  return Object.fromEntries(error.issues.map(({ path }) => [String(path[0] ?? ''), `field_${String(path[0] ?? '')}`]))
}
