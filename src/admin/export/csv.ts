/**
 * Signs at which spreadsheets take a cell for a formula (OWASP, "CSV injection"), the wide
 * forms of East Asian keyboards, too. A cell also begins after what parts fields where the
 * file is opened: `;` in German, French and Dutch, where our quotes do not hold it together.
 */
const FORMULA = /(^|[;,\t\r\n]"*)([=+\-@\uff1d\uff0b\uff0d\uff20])/gu
/** What no spreadsheet shows, and what a terminal or an editor would obey: line breaks and tabs are kept. */
const OBEYED = /[^\P{Cc}\t\r\n]|[\u202a-\u202e\u2066-\u2069]/gu

const LEADING_BREAK = /^(?=[\t\r\n])/u

/** Spreadsheets know by this that the file is UTF-8. */
export const byteOrderMark = '\ufeff'

/**
 * One line of CSV as in RFC 4180 §2: every field in quotes, quotes in it doubled, CRLF at the
 * end. What a spreadsheet would take for a formula gets an apostrophe in front. Control and
 * direction characters are left out, as rows that other programs wrote may have them.
 *
 * @example csvLine(['=1+1', 'a "b"']) // `"'=1+1","a ""b"""\r\n`
 */
export function csvLine(values: readonly unknown[]): string {
  return `${values.map((value) => `"${inText(value).replaceAll('"', '""')}"`).join(',')}\r\n`
}

function inText(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (value instanceof Date) return value.toISOString()
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.replace(OBEYED, '').replace(FORMULA, "$1'$2").replace(LEADING_BREAK, "'")
}
