import { z } from 'zod'
import { codeSchema } from './codes.js'
import { cleanName, withoutLinks } from '../typed-text/read-name.js'

// A single email address, without characters that could start a header or an address list (RFC 5322 §3.4.1).
const mailbox = z
  .string()
  .max(254)
  .regex(/^[^\s@<>()[\]\\,;:"]+@[^\s@<>()[\]\\,;:"]+$/)

// Names and browsers are untrusted. They become one line, so that they cannot add a header or a paragraph, without links
// and without characters that change the direction of the text around them.
const line = z.string().transform((text) => withoutLinks(cleanName(text)))

const link = z.url({ protocol: /^https?$/ })

/**
 * `language` is the user's, for example `de`; texts it lacks are in English. `userId` is the
 * user that the email is about, for the audit log if it cannot be delivered.
 */
const recipient = { to: mailbox, name: line, language: z.string().max(16), userId: z.int().optional() }

/** Who did it. If it was not the owner, the IP address and browser are confidential and remain null. */
const by = z.enum(['owner', 'administrator'])
const byOthers = z.enum(['administrator', 'failures'])

const device = { device: line, kind: z.string().max(16) }

/** Number of unused backup tokens. */
const left = z.int().nonnegative()

/** Defines an email about something that happened to the account. `link` opens the page that ends all sessions. */
function notice<const Name extends string, Facts extends z.core.$ZodLooseShape>(mail: Name, facts: Facts) {
  const client = { address: line.nullable(), browser: line.nullable() }
  return z.object({ mail: z.literal(mail), ...recipient, at: z.coerce.date(), ...client, link, ...facts })
}

/** Defines an email with a link that works once, and until when. */
function oneTimeLink<const Name extends string>(mail: Name) {
  return z.object({ mail: z.literal(mail), ...recipient, link, expiresAt: z.coerce.date() })
}

/**
 * All emails; docs/emails.md describes each. To add one, add an entry here, its texts in
 * `locales/…/mails.json` and, unless it is a notice, a view in render-mail.ts:
 * `mail/<view>.ejs` and `mail/<view>.text.ejs`.
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
  /**
   * Further notices of one kind are left out until `pausedUntil`. `about` is the name of that email, and `own` whether
   * the owner did what the last one would have reported.
   */
  notice('notices-paused', {
    about: z.string().regex(/^[a-z-]{1,32}$/),
    own: z.boolean(),
    pausedUntil: z.coerce.date(),
  }),
  notice('password-changed', {}),
  notice('password-failed', {}),
  notice('password-locked', {}),
  oneTimeLink('password-reset'),
  notice('second-factor-failed', {}),
  notice('sessions-ended', { by }),
  /** The code of an email device. */
  z.object({ mail: z.literal('sign-in-code'), ...recipient, code: codeSchema, minutes: z.int().positive() }),
  notice('trusted-browser-copied', {}),
  notice('two-factor-disabled', { by }),
])

export type Mail = z.output<typeof mailSchema>

type NoticeOf<Each> = Each extends { at: Date } ? Omit<Each, 'to' | 'name' | 'language' | 'userId' | 'link'> : never

/** An email about an event, before it has a recipient. */
export type Notice = NoticeOf<Mail>
