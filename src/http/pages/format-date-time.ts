import { dateLocale } from '../../i18n/date-locale.js'
import type { Language } from '../../i18n/translator.js'

/**
 * Formats a point in time in UTC, as in the emails, because the server does not know the reader's time zone.
 *
 * @example formatDateTime(new Date(0), 'de') // '01.01.1970, 00:00 UTC'
 */
export function formatDateTime(at: Date, language: Language): string {
  const shown = new Intl.DateTimeFormat(dateLocale(language), {
    dateStyle: 'medium',
    timeStyle: 'short',
    timeZone: 'UTC',
  })
  return `${shown.format(at)} UTC`
}
