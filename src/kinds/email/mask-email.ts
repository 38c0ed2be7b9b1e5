/**
 * Masks an email address so that its owner recognises it: the first and the last letter before the
 * `@` stay, or only the first one of up to three letters. A text without `@` is masked completely.
 *
 * @example maskEmail('bouke@example.com') // 'b***e@example.com'
 */
export function maskEmail(email: string): string {
  // A quoted local part can contain an @ itself (RFC 5321 §4.1.2): the last one is the separator.
  const at = email.lastIndexOf('@')
  if (at < 0) return '*'.repeat(email.length)
  return maskName(email.slice(0, at)) + email.slice(at)
}

function maskName(name: string): string {
  const letters = Array.from(name)
  const shown = letters.length > 3 ? [0, letters.length - 1] : [0]
  return letters.map((letter, index) => (shown.includes(index) ? letter : '*')).join('')
}
