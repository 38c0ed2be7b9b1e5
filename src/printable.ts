/**
 * Text that terminals and log viewers show and do not obey: control characters, such as those of
 * escape sequences, and characters that change the direction of the text around them become
 * `\u001b`, which is also how JSON writes them. Line feeds and tabs stay.
 *
 * @example printable('Ada\u001b[31m') // 'Ada\\u001b[31m'
 */
export function printable(text: string): string {
  return text.replace(OBEYED, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** The same on one line, for messages that a script reads line by line. */
export function printableLine(text: string): string {
  return printable(text).replaceAll('\n', '\\n')
}

const OBEYED = /[^\P{Cc}\t\n]|[\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu
