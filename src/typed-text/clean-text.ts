/**
 * Cleans text that a user typed or pasted, before it is parsed: compatibility forms are folded
 * (NFKC), digits of every script become ASCII digits, invisible characters are removed, and all
 * kinds of spaces and hyphens become one space or one hyphen.
 *
 * Never use it for passwords, in which every character matters, or for names.
 *
 * @example cleanText('\u202a١٢٣ ٤٥٦\u202c') // '123 456'
 */
export function cleanText(typed: string): string {
  // A shortcut for nearly all input, because every request runs this.
  if (PLAIN.test(typed)) return typed.replace(/ +/g, ' ').trim()
  return (
    typed
      .normalize('NFKC')
      .replace(INVISIBLE, '')
      // Again, because an invisible character can separate a letter from its accent.
      .normalize('NFKC')
      .replace(/\p{Nd}/gu, asciiDigit)
      .replace(HYPHENS, '-')
      .replace(SPACES, ' ')
      .trim()
  )
}

/** Whether a text contains no visible character. */
export function isBlank(typed: string): boolean {
  return cleanText(typed) === ''
}

/** Printable ASCII. */
const PLAIN = /^[ -~]*$/

/** Zero-width and direction characters, soft hyphens, variation selectors, tags, byte order marks, keycaps. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cf}\u20e3]/gu

/** Dashes, the minus sign, hyphen bullets, and the long vowel mark that Japanese keyboards produce for a hyphen. */
const HYPHENS = /[\p{Pd}\u2212\u02d7\u2043\u30fc\u4e00\u2500]/gu

/** Includes Braille blanks, which look like spaces, and control characters, which are invisible or look like a space. */
const SPACES = /[\s\p{Z}\p{Cc}\u2800]+/gu

/** Converts a decimal digit to ASCII. Unicode assigns each script's digits in one run from 0 to 9, so its value is the distance from the start. */
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

/** Removes quotes, brackets and punctuation around a text. */
export function withoutQuotes(cleaned: string): string {
  return cleaned.replace(/^[\s"'`´“”„‘’‚«»‹›「」『』()[\]{}<>*]+|[\s"'`´“”„‘’‚«»‹›「」『』()[\]{}<>*.,;。、]+$/gu, '')
}
