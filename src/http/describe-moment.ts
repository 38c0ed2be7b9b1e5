import type { Language } from '../i18n.js'

/**
 * A point in time in words, in UTC as in the mails: the server does not know where the reader is.
 *
 * @example describeMoment(new Date(0), 'de') // '01.01.1970, 00:00 UTC'
 */
export function describeMoment(at: Date, language: Language): string {
  const shown = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })
  return `${shown.format(at)} UTC`
}
