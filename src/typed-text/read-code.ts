import { cleanText } from './clean-text.js'

/** Longer texts are not codes: a message with a code has at most a few hundred characters. */
const LONGEST = 500

/**
 * Reads the digits of a code, whatever separates or surrounds them. Of a sentence with one code
 * in it, such as a pasted message, the code is read. No digit is ever left out of a text that has
 * no letters, so a longer number is never read as a shorter code.
 *
 * @returns ASCII digits, or the cleaned text if it does not read as a code
 * @example readCode('123-456') // '123456'
 * @example readCode('123456 is your code. It works for 5 minutes.') // '123456'
 */
export function readCode(typed: string): string {
  if (typed.length > LONGEST) return ''
  const text = cleanText(typed)
  if (!/\p{L}/u.test(text)) return text.replace(/[\p{P}\p{S}\p{Z}]/gu, '')
  return codeInSentence(text) ?? text
}

/** The one number with the length of a code. Other numbers may only be short ones, such as minutes. */
function codeInSentence(text: string): string | null {
  const runs = text.match(/\d+(?:[ \-./·_]\d+)*/g) ?? []
  const numbers = runs.map((run) => run.replace(/\D/g, ''))
  const [code, ...others] = numbers.filter((number) => number.length > 2)
  if (code === undefined || others.length > 0 || code.length < 6) return null
  const run = runs.find((candidate) => candidate.replace(/\D/g, '') === code) ?? ''
  return isGlued(text, run) ? null : code
}

/** `x123456` and `123456e7` are words. Chinese and Japanese sentences have no spaces around numbers. */
function isGlued(text: string, run: string): boolean {
  const at = text.indexOf(run)
  const around = `${text.slice(0, at).slice(-1)}${text.slice(at + run.length).slice(0, 1)}`
  return /[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}_]/u.test(around)
}
