import { z } from 'zod'
import { code } from './codes.js'
import { cleanName, withoutLinks } from '../typed-text/read-name.js'

// One mailbox and nothing that a header or an address list could be made of (RFC 5322 §3.4.1).
const mailbox = z
  .string()
  .max(254)
  .regex(/^[^\s@<>()[\]\\,;:"]+@[^\s@<>()[\]\\,;:"]+$/)

// Names and browsers come from outside: on one line, so that none can add a header or a paragraph, without links and
// without characters that change the direction of the text around them.
const line = z.string().transform((text) => withoutLinks(cleanName(text)))

const link = z.url({ protocol: /^https?$/ })

/**
 * `language` is the person's, for example `de`; what it lacks is said in English. `userId` is
 * the person that the mail is about, for the audit log if it cannot be delivered.
 */
const recipient = { to: mailbox, name: line, language: z.string().max(16), userId: z.int().optional() }

/** Who did it. If it was not the owner, the address and browser are nobody's business and stay null. */
const by = z.enum(['owner', 'administrator'])
const byOthers = z.enum(['administrator', 'failures'])

const device = { device: line, kind: z.string().max(16) }

/** How many backup tokens still work. */
const left = z.int().nonnegative()

/** Tells that something happened to the account. `link` leads to ending all sessions after signing in. */
function notice<const Name extends string, Facts extends z.core.$ZodLooseShape>(mail: Name, facts: Facts) {
  const where = { address: line.nullable(), browser: line.nullable() }
  return z.object({ mail: z.literal(mail), ...recipient, at: z.coerce.date(), ...where, link, ...facts })
}

/** Carries a link that works once, and until when. */
function oneTimeLink<const Name extends string>(mail: Name) {
  return z.object({ mail: z.literal(mail), ...recipient, link, expiresAt: z.coerce.date() })
}

/**
 * Every mail there is; docs/mails.md tells of each. A new one is an entry here, a text in
 * `locales/…/mails.json` and, unless it is a notice, a view in render-mail.ts: `mail/<view>.ejs`
 * and `mail/<view>.text.ejs`.
 */
export const mailSchema = z.discriminatedUnion('mail', [
  notice('backup-token-used', { left }),
  notice('backup-tokens-made', { by, left }),
  notice('browser-trusted', { until: z.coerce.date() }),
  notice('device-added', { by, ...device }),
  notice('device-enabled', { by: z.literal('administrator'), ...device }),
  notice('device-removed', { by, ...device }),
  notice('device-renamed', { by: z.literal('administrator'), ...device }),
  notice('device-switched-off', { by: byOthers, ...device }),
  notice('email-change-requested', { newEmail: mailbox }),
  notice('email-changed', { newEmail: mailbox }),
  oneTimeLink('email-confirmation'),
  oneTimeLink('invitation'),
  notice('last-backup-token-used', { left }),
  notice('new-browser', {}),
  notice('password-changed', {}),
  notice('password-failed', {}),
  notice('password-locked', {}),
  oneTimeLink('password-reset'),
  notice('second-factor-failed', {}),
  notice('sessions-ended', { by }),
  /** The code that an e-mail device asks for. */
  z.object({ mail: z.literal('sign-in-code'), ...recipient, code, minutes: z.int().positive() }),
  notice('trusted-browser-copied', {}),
  notice('two-factor-disabled', { by }),
])

export type Mail = z.output<typeof mailSchema>

type NoticeOf<Each> = Each extends { at: Date } ? Omit<Each, 'to' | 'name' | 'language' | 'userId' | 'link'> : never

/** A mail that tells of an event, before it has a recipient. */
export type Notice = NoticeOf<Mail>
