/**
 * Escapes characters that terminals and log viewers interpret: control characters, such as those
 * of escape sequences, and characters that change the direction of the text around them. They
 * become `\u001b`, as in JSON. Line feeds and tabs remain.
 *
 * @example printable('Ada\u001b[31m') // 'Ada\\u001b[31m'
 */
export function printable(text: string): string {
  return text.replace(INTERPRETED, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Escapes line feeds as well, for messages that a script reads line by line. */
export function printableLine(text: string): string {
  return printable(text).replaceAll('\n', '\\n')
}

const INTERPRETED = /[^\P{Cc}\t\n]|[\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu
