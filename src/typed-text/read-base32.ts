import { cleanText, withoutLabel } from './clean-text.js'

/**
 * Reads the characters of a Base32 text (RFC 4648 §6) in any case, with any separators. The
 * alphabet has no 0, 1 and 8, so they are read as O, I and B.
 *
 * @param cleaned from {@link cleanText}
 * @returns letters and digits, including those that are not in the alphabet
 */
export function readBase32(cleaned: string): string {
  return Array.from(cleaned.toUpperCase(), (letter) => LOOK_ALIKES.get(letter) ?? letter)
    .join('')
    .replace(/[\p{P}\p{S}\p{Z}]/gu, '')
}

/** Cyrillic and Greek capitals that look like Latin ones, and the digits that the alphabet leaves out. */
const LOOK_ALIKES = new Map(
  [
    ['018\u0130', 'OIBI'],
    ['АВСЕНІЈКМОРЅТХҮ', 'ABCEHIJKMOPSTXY'],
    ['ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ', 'ABEZHIKMNOPTYX'],
  ].flatMap(([from = '', to = '']) => Array.from(from, (letter, index) => [letter, to[index] ?? ''] as const)),
)

/**
 * Reads a printed secret of known length, also with a list number or a label before it, or a full
 * stop after it.
 *
 * @param length in characters
 * @returns null if no reading has that length
 * @example readPrintedSecret('3. abcd-efgh-ijkl-2345.', 16) // 'ABCDEFGHIJKL2345'
 */
export function readPrintedSecret(typed: string, length: number): string | null {
  const text = cleanText(typed)
  const unlabelled = withoutLabel(text)
  const readings = [text, withoutNumber(text), ...(unlabelled === null ? [] : [unlabelled, withoutNumber(unlabelled)])]
  return readings.map(readBase32).find((read) => read.length === length && /^[A-Z2-7]+$/.test(read)) ?? null
}

/** Removes a number before the text: `3.`, `3)`, `(3)` or `#3` from a list, or the plain number from a table. */
function withoutNumber(text: string): string {
  return text.replace(/^[#([]?\d{1,3}(?:[.):\]]+ ?| +[-–]? ?)/u, '')
}
