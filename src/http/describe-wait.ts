const LARGEST_SECONDS_SHOWN = 90

/**
 * A wait in words, rounded up so that it is never too short.
 *
 * @example describeWait(600) // '10 minutes'
 */
export function describeWait(seconds: number, language = 'en'): string {
  const [amount, unit] = seconds <= LARGEST_SECONDS_SHOWN ? [seconds, 'second'] : [Math.ceil(seconds / 60), 'minute']
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(amount)
}
