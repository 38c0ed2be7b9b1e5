/**
 * Characters that make a spreadsheet treat a cell as a formula (OWASP, "CSV injection"),
 * including the full-width forms of East Asian keyboards. A cell also starts after the
 * separator of the reader's locale (`;` in German, French and Dutch), even inside quotes.
 */
const FORMULA = /(^|[;,\t\r\n]"*)([=+\-@\uff1d\uff0b\uff0d\uff20])/gu
/** Control and direction characters, which a terminal or an editor would interpret. Line breaks and tabs are kept. */
const OBEYED = /[^\P{Cc}\t\r\n]|[\u202a-\u202e\u2066-\u2069]/gu

const LEADING_BREAK = /^(?=[\t\r\n])/u

/** Makes spreadsheets read the file as UTF-8. */
export const byteOrderMark = '\ufeff'

/**
 * Formats one line of CSV (RFC 4180 §2): every field in quotes, quotes in it doubled, CRLF at
 * the end. It puts an apostrophe before anything a spreadsheet would treat as a formula, and
 * leaves out control and direction characters, which rows from other programs can contain.
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
