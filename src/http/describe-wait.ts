import type { Language } from '../i18n.js'

const LARGEST_SECONDS_SHOWN = 90

/**
 * A wait in words, rounded up so that it is never too short.
 *
 * @example describeWait(600, 'en') // '10 minutes'
 */
export function describeWait(seconds: number, language: Language): string {
  const [amount, unit] = seconds <= LARGEST_SECONDS_SHOWN ? [seconds, 'second'] : [Math.ceil(seconds / 60), 'minute']
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(amount)
}
