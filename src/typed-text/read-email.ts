import { domainToASCII } from 'node:url'
import { cleanText, withoutQuotes } from './clean-text.js'

/** RFC 5321 §4.5.3.1 and §4.1.2: 254 octets in total, 64 before the @. */
const LONGEST = 254
const LONGEST_LOCAL = 64

/**
 * Reads an email address for pages, panel, command line and adapters. Domain names outside ASCII
 * are valid and become their ASCII form (RFC 5891). A domain without a dot is valid, as in
 * intranets. Quoted local parts are not.
 *
 * @returns the email address as it is stored, in lower case, or null if it is invalid
 * @example readEmail('mailto:Ada@Zürich.example') // 'ada@xn--zrich-kva.example'
 */
export function readEmail(typed: string): string | null {
  const mailbox = readMailbox(typed)
  // Read again, because lower case can be longer, and a letter and its accent can become one character.
  return mailbox === null ? null : readMailbox(mailbox.toLowerCase())
}

/** Reads an email address without changing its case, for applications that store email addresses themselves. */
export function readMailbox(typed: string): string | null {
  const text = cleanText(typed)
  const pasted = (/<(?<inside>[^<>]+)>$/.exec(text)?.groups?.['inside'] ?? text).replace(/^mailto:/i, '')
  return parseMailbox(pasted) ?? parseMailbox(withoutQuotes(pasted))
}

/**
 * Returns the forms in which an email address can be stored, the most likely first: as
 * {@link readEmail} returns it, and as it was typed, for rows that other programs wrote.
 */
export function emailCandidates(typed: string): string[] {
  return [...new Set([readEmail(typed), typed.trim().toLowerCase()].filter((email) => email !== null))]
}

/** Reads the login that is passed to a host application: a normalised email address, or the text without invisible characters. */
export function readLogin(typed: string): string {
  return (
    readMailbox(typed) ??
    typed
      .normalize('NFC')
      .replace(/[\p{Default_Ignorable_Code_Point}\p{Cf}]/gu, '')
      .trim()
  )
}

function parseMailbox(text: string): string | null {
  const [, local = '', domain = ''] = /^([^@]+)@([^@]+)$/.exec(text) ?? []
  const ascii = domainOf(domain)
  const isLocal = LOCAL.test(local) && Buffer.byteLength(local) <= LONGEST_LOCAL
  if (!isLocal || ascii === null) return null
  const mailbox = `${local}@${ascii}`
  return Buffer.byteLength(mailbox) <= LONGEST ? mailbox : null
}

/** Words between dots (RFC 5321 §4.1.2, and RFC 6531 §3.3 for letters outside ASCII). */
const LOCAL = /^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u

/** Returns a domain in ASCII. Rejects what only URLs allow: `domainToASCII` converts `0x7f` to an IP address. */
function domainOf(typed: string): string | null {
  if (!/^[\p{L}\p{M}\p{N}.\u3002-]+$/u.test(typed)) return null
  const ascii = /^[a-zA-Z0-9.-]+$/.test(typed) ? typed : domainToASCII(typed)
  const isDomain = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i.test(ascii)
  return isDomain && !/(?:^|\.)(?:\d+|0x[\da-f]*)$/i.test(ascii) ? ascii : null
}
