import { z } from 'zod'

// One mailbox and nothing that a header or an address list could be made of (RFC 5322 §3.4.1).
const mailbox = z
  .string()
  .max(254)
  .regex(/^[^\s@<>()[\]\\,;:"]+@[^\s@<>()[\]\\,;:"]+$/)

// Names and browsers come from outside: kept on one line, so that none can add a header or a paragraph.
const line = z.string().transform((text) => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim())

const recipient = { to: mailbox, name: line }

/**
 * Every mail there is. A new one is an entry here, a text in `locales/…/mails.json` and
 * two views, `mail/<name>.ejs` and `mail/<name>.text.ejs`.
 */
export const mailSchema = z.discriminatedUnion('mail', [
  /** To the owner, when one of the backup tokens was used (BEHAVIOURS F-65). */
  z.object({
    mail: z.literal('backup-token-used'),
    ...recipient,
    at: z.coerce.date(),
    /** Null: not known. */
    address: line.nullable(),
    browser: line.nullable(),
    /** Tokens that still work. */
    left: z.int().nonnegative(),
    /** Leads to ending all sessions after signing in. */
    link: z.url({ protocol: /^https?$/ }),
  }),
])

export type Mail = z.output<typeof mailSchema>
