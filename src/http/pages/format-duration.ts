import type { Language } from '../../i18n/translator.js'

/** Each unit in seconds, with the longest wait that it is used for. */
const UNITS = [
  { unit: 'second', seconds: 1, longest: 90 },
  { unit: 'minute', seconds: 60, longest: 90 * 60 },
  { unit: 'hour', seconds: 3600, longest: 48 * 3600 },
  { unit: 'day', seconds: 24 * 3600, longest: Infinity },
] as const

/**
 * Formats a wait, rounded up so that it is never too short.
 *
 * @param wait seconds
 * @example formatDuration(600, 'en') // '10 minutes'
 */
export function formatDuration(wait: number, language: Language): string {
  const { unit, seconds } = UNITS.find(({ longest }) => wait <= longest) ?? UNITS[3]
  const amount = Math.ceil(wait / seconds)
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(amount)
}
