/**
 * Cleans text that a person typed or pasted, before anything looks at it: compatibility forms
 * are folded (NFKC), digits of every script become ASCII digits, characters that nobody sees
 * are removed, and spaces and hyphens of every kind become one space or one hyphen.
 *
 * Never for passwords, whose characters all count, and never for names.
 *
 * @example cleanText('\u202a١٢٣ ٤٥٦\u202c') // '123 456'
 */
export function cleanText(typed: string): string {
  // Nearly everything typed: nothing to fold, and every request passes here.
  if (PLAIN.test(typed)) return typed.replace(/ +/g, ' ').trim()
  return typed
    .normalize('NFKC')
    .replace(INVISIBLE, '')
    .replace(/\p{Nd}/gu, asciiDigit)
    .replace(HYPHENS, '-')
    .replace(SPACES, ' ')
    .trim()
}

/** Whether nothing is left that a person would see. */
export function isBlank(typed: string): boolean {
  return cleanText(typed) === ''
}

/** Printable ASCII. */
const PLAIN = /^[ -~]*$/

/** Zero-width and direction characters, soft hyphens, variation selectors, tags, byte order marks, keycaps. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cf}\u20e3]/gu

/** Dashes, the minus sign, hyphen bullets, and the long vowel mark that Japanese keyboards type for a hyphen. */
const HYPHENS = /[\p{Pd}\u2212\u02d7\u2043\u30fc\u4e00\u2500]/gu

/** Braille blanks look like spaces to people, and control characters are shown as nothing or as a space. */
const SPACES = /[\s\p{Z}\p{Cc}\u2800]+/gu

/** Unicode assigns the decimal digits of a script in one run from 0 to 9, so the distance from its start is the value. */
function asciiDigit(digit: string): string {
  const code = digit.codePointAt(0) ?? 0
  let zero = code
  while (/^\p{Nd}$/u.test(String.fromCodePoint(zero - 1))) zero -= 1
  return String((code - zero) % 10)
}

/**
 * Removes a label such as `Code:` or `Secret key =` in front of a value. Pairs that are separated
 * by colons, such as `AB:CD:EF`, have no label.
 *
 * @param cleaned from {@link cleanText}
 * @returns null if there is no label
 */
export function withoutLabel(cleaned: string): string | null {
  const value = /^[^:=]*\p{L}[^:=]*[:=](?<value>[^:=]+)=*$/u.exec(cleaned)?.groups?.['value']
  return value?.trim() ?? null
}

/** Without quotes, brackets and the punctuation of a sentence around it. */
export function withoutQuotes(cleaned: string): string {
  return cleaned.replace(/^[\s"'`´“”„‘’‚«»‹›「」『』()[\]{}<>*]+|[\s"'`´“”„‘’‚«»‹›「」『』()[\]{}<>*.,;。、]+$/gu, '')
}
