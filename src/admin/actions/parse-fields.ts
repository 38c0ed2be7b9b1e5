import { z } from 'zod'
import { isName } from '../../typed-text/read-name.js'

/** A name that people read: trimmed, nothing that changes the text around it, within its column. */
export const name = (max: number, min = 1) => z.string().trim().min(min).max(max).refine(isName)

/** Which fields of a form are wrong, as keys of `panel:refusals`. */
export function wrongFields(error: z.ZodError): Record<string, string> {
  return Object.fromEntries(error.issues.map(({ path }) => [String(path[0] ?? ''), `field_${String(path[0] ?? '')}`]))
}
