import type { Language } from '../../i18n/translator.js'

/** Each unit in seconds, with the longest wait that it is used for. */
const UNITS = [
  { unit: 'second', seconds: 1, longest: 90 },
  { unit: 'minute', seconds: 60, longest: 90 * 60 },
  { unit: 'hour', seconds: 3600, longest: 48 * 3600 },
  { unit: 'day', seconds: 24 * 3600, longest: Infinity },
] as const

/** What is between number and unit in the texts of `locales/`, for languages that Intl writes in another way. */
const SEPARATORS: Readonly<Partial<Record<Language, string>>> = { ja: '', 'zh-CN': ' ' }

/**
 * Formats a wait, rounded up so that it is never too short.
 *
 * @param wait seconds
 * @example formatDuration(600, 'en') // '10 minutes'
 */
export function formatDuration(wait: number, language: Language): string {
  const { unit, seconds } = UNITS.find(({ longest }) => wait <= longest) ?? UNITS[3]
  const amount = Math.ceil(wait / seconds)
  const separator = SEPARATORS[language]
  const unitDisplay = separator === undefined ? 'long' : 'short'
  const format = new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay })
  if (separator === undefined) return format.format(amount)
  const parts = format.formatToParts(amount).filter(({ type }) => type !== 'literal')
  return parts.map(({ type, value }) => (type === 'unit' ? separator + value : value)).join('')
}
