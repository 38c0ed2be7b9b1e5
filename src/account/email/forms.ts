import { z } from 'zod'
import { field } from '../../http/read-form.js'

export const emailForm = z.object({ email: field(254), password: field(1024) })

/** An address as it is kept, or null where no mail could be sent to it (the browser's own rule, WHATWG HTML). */
export function parseEmail(typed: string | undefined): string | null {
  const parsed = z
    .email({ pattern: z.regexes.html5Email })
    .max(254)
    .safeParse((typed ?? '').trim())
  return parsed.success ? parsed.data : null
}
