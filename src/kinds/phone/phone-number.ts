import { parsePhoneNumberFromString, type PhoneNumber } from 'libphonenumber-js/max'
import { cleanText, withoutQuotes } from '../../typed-text/clean-text.js'

/** Types of numbers that cost the caller extra, or do not reach a person. */
const NO_PERSONAL_NUMBER = new Set(['PREMIUM_RATE', 'SHARED_COST', 'PAGER', 'VOICEMAIL'])

/** The result. `extension`: neither text messages nor calls reach an extension. */
export type PhoneNumberReading = { ok: true; number: string } | { ok: false; code: 'invalid' | 'extension' }

/**
 * Reads a phone number as it was typed or pasted, with `+`, `00` or `011` in front of its country
 * code, or as a `tel:` URI (RFC 3966). The country of a number without one is not guessed.
 *
 * A number only needs a plausible length for its country: the code that arrives proves it, and new
 * ranges of numbers are in use before any list contains them.
 *
 * @returns E.164, or why no person can be reached at the number
 * @example readPhoneNumber('0041 52 420 42 42') // { ok: true, number: '+41524204242' }
 */
export function readPhoneNumber(typed: string): PhoneNumberReading {
  const text = internationalForm(withoutQuotes(cleanText(typed)))
  const parsed = text === null ? undefined : parsePossible(text)
  if (!parsed) return { ok: false, code: 'invalid' }
  if (parsed.ext) return { ok: false, code: 'extension' }
  return isForPeople(parsed) ? { ok: true, number: parsed.number } : { ok: false, code: 'invalid' }
}

/** Returns the E.164 form of {@link readPhoneNumber}, or null. */
export function parsePhoneNumber(typed: string): string | null {
  const read = readPhoneNumber(typed)
  return read.ok ? read.number : null
}

/** Removes a label or the scheme of a URI, and replaces an international prefix by `+`. */
function internationalForm(text: string): string | null {
  const bare = text.replace(/^[\p{L} .]+:\s*(?:\/\/)?/u, '').replace(/\s*\(\p{L}+\)?$/u, '')
  const [number = '', ...parameters] = bare.replace(DIALLED_AFTERWARDS, ';ext=$<ext>').split(';')
  const prefixed = number.replace(/^\(?\+\s*/, '+').replace(/^\(?(?:0011|00)[\s.-]*/, '+')
  const whole = withContext(prefixed, parameters).replace(/^011[\s.-]*(?=(?:\D*\d){10})/, '+')
  if (!/^\+[\d\s().,/_·-]+(?:$|\D)/u.test(whole)) return null
  const ext = parameters.find((parameter) => /^ext=\d/i.test(parameter))?.slice(4)
  return `${whole.replace(/[_·,/](?=\s*\d)/gu, ' ').replace(OLD_MEXICAN_MOBILE, '+52')}${ext ? ` ext. ${ext}` : ''}`
}

/** Digits that a phone dials after the call was answered, such as `,,5#` or `p5`. */
const DIALLED_AFTERWARDS = /(?<=\d\s?)[,;pw]+(?<ext>\d{1,6})#?$/i

/** Mexico dropped the 1 before mobile numbers in 2019. */
const OLD_MEXICAN_MOBILE = /^\+52[\s.-]*1(?=(?:\D*\d){10}\D*$)/

/** A local `tel:` URI names its country in a parameter (RFC 3966 §5.1.5). */
function withContext(number: string, parameters: readonly string[]): string {
  const context = parameters.find((parameter) => /^phone-context=\+\d+$/i.test(parameter))?.slice(14)
  return context && !number.startsWith('+') ? `${context}${number}` : number
}

/** The library removes the national prefix in `+41 (0)79`, except in countries that keep it. */
function parsePossible(text: string): PhoneNumber | undefined {
  const readings = [text, text.replace(/\(\s*0\s*\)/, '')]
  return readings
    .map((reading) => parsePhoneNumberFromString(reading, { extract: false }))
    .find((number) => number?.isPossible())
}

function isForPeople(number: PhoneNumber): boolean {
  const type = number.getType()
  return type === undefined ? !isAmongRejected(number) : !NO_PERSONAL_NUMBER.has(type)
}

/** Whether all known numbers with the same first digits are of a rejected type, so that this one probably is, too. */
function isAmongRejected({ countryCallingCode: code, nationalNumber: national }: PhoneNumber): boolean {
  const known = Array.from({ length: 10 }, (_, digit) => {
    const neighbour = national.slice(0, 3).padEnd(national.length, String(digit))
    return parsePhoneNumberFromString(`+${code}${neighbour}`)?.getType()
  }).filter((type) => type !== undefined)
  return known.length > 0 && known.every((type) => NO_PERSONAL_NUMBER.has(type))
}

/**
 * Formats a phone number for display.
 *
 * @param number E.164; anything else is returned unchanged
 * @example formatPhoneNumber('+41524204242') // '+41 52 420 42 42'
 */
export function formatPhoneNumber(number: string): string {
  const parsed = parsePhoneNumberFromString(number)
  return parsed ? withSeparators(parsed) : number
}

/**
 * Masks a phone number so that its owner recognises it and nobody else can use it: only the country
 * code and the last two digits are shown.
 *
 * @param number E.164, or a formatted number, whose spaces stay
 * @example maskPhoneNumber('+41524204242') // '+41 ** *** ** 42'
 */
export function maskPhoneNumber(number: string): string {
  const formatted = /^\+\d+$/.test(number) ? formatPhoneNumber(number) : number
  return maskDigits(formatted)
}

/** Masks every digit except those of the country code and the last two. */
export function maskDigits(text: string): string {
  const prefixLength = countryCodeLength(text)
  const lastTwo = text.length - 2
  return Array.from(text, (character, index) =>
    index < prefixLength || index >= lastTwo ? character : character.replace(/\d/, '*'),
  ).join('')
}

/** Counts the characters, including the plus sign. 0 if the text does not start with a country code. */
function countryCodeLength(text: string): number {
  const code = text.startsWith('+') ? parsePhoneNumberFromString(text)?.countryCallingCode : undefined
  return code === undefined ? 0 : code.length + 1
}

/** Separates the groups: with hyphens in North America (country code 1), with spaces elsewhere. */
function withSeparators(number: PhoneNumber): string {
  const [code = '', ...groups] = number.formatInternational().split(' ')
  return `${code} ${groups.join(number.countryCallingCode === '1' ? '-' : ' ')}`
}
