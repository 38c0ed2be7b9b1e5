import { cleanText } from './clean-text.js'

/** Characters. A message with a code has at most a few hundred, so longer texts are not codes. */
const LONGEST = 500

/**
 * Reads the digits of a code, with any separators or punctuation. If the text is a sentence with
 * one code, such as a pasted message, returns that code. In a text without letters every digit is
 * used, so a longer number is never read as a shorter code.
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

/** Returns the only number with the length of a code. All other numbers must be short, such as minutes. */
function codeInSentence(text: string): string | null {
  const runs = text.match(/\d+(?:[ \-./·_]\d+)*/g) ?? []
  const numbers = runs.map((run) => run.replace(/\D/g, ''))
  const [code, ...others] = numbers.filter((number) => number.length > 2)
  if (code === undefined || others.length > 0 || code.length < 6) return null
  const run = runs.find((candidate) => candidate.replace(/\D/g, '') === code) ?? ''
  return isGlued(text, run) ? null : code
}

/** Whether a letter touches the number, as in `x123456` or `123456e7`. Chinese and Japanese letters can, because their sentences have no spaces. */
function isGlued(text: string, run: string): boolean {
  const at = text.indexOf(run)
  const around = `${text.slice(0, at).slice(-1)}${text.slice(at + run.length).slice(0, 1)}`
  return /[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}_]/u.test(around)
}
