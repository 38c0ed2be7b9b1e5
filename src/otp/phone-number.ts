import { parsePhoneNumberFromString, type PhoneNumber } from 'libphonenumber-js/max'

/** Calling them costs the caller, or reaches no person (S-48). */
const NO_PERSONAL_NUMBER = new Set(['PREMIUM_RATE', 'SHARED_COST', 'PAGER', 'VOICEMAIL'])

/**
 * A phone number as somebody typed it, with `+` or `00` before its country code: which
 * country somebody sits in is not guessed.
 *
 * @returns E.164, or null where it is no number that a person can be reached at
 * @example parsePhoneNumber('0041 52 420 42 42') // '+41524204242'
 */
export function parsePhoneNumber(typed: string): string | null {
  const text = typed.normalize('NFKC').trim().replace(/^00/, '+')
  if (!text.startsWith('+')) return null
  const number = parsePhoneNumberFromString(text, { extract: false })
  if (!number?.isValid() || number.ext) return null
  return NO_PERSONAL_NUMBER.has(number.getType() ?? '') ? null : number.number
}

/**
 * @param number E.164; anything else is given back as it is
 * @example formatPhoneNumber('+41524204242') // '+41 52 420 42 42'
 */
export function formatPhoneNumber(number: string): string {
  const parsed = parsePhoneNumberFromString(number)
  return parsed ? withSeparators(parsed) : number
}

/**
 * The number as its owner recognises it and a stranger cannot use it: the country and the
 * last two digits are left.
 *
 * @param number E.164, or a formatted number, whose spaces are then kept
 * @example maskPhoneNumber('+41524204242') // '+41 ** *** ** 42'
 */
export function maskPhoneNumber(number: string): string {
  const formatted = /^\+\d+$/.test(number) ? formatPhoneNumber(number) : number
  return maskDigits(formatted)
}

/** Every digit but those among the first three and the last two characters (F-47). */
export function maskDigits(text: string): string {
  return text.replace(/(?<=.{3})[0-9](?=.{2})/g, '*')
}

/** North America (country code 1) writes hyphens, all others spaces. */
function withSeparators(number: PhoneNumber): string {
  const [code = '', ...groups] = number.formatInternational().split(' ')
  return `${code} ${groups.join(number.countryCallingCode === '1' ? '-' : ' ')}`
}
