/** What follows these prefixes is secret, or what someone typed. Compared without regard to case or doubled slashes. */
const MASKED: readonly [RegExp, string][] = [
  [/(\/account\/+(?:invitation|password\/+reset|email\/+confirm)\/+).+$/is, '$1:token'],
  [/(\/resources\/+[^/]*\/+actions\/+[^/]*\/+).+$/is, '$1:query'],
]

/** As long as 40 characters are in one piece, they may be a token: 240 bits in base64url. */
const LONG_PIECE = /[\w-]{40,}/g

/**
 * A request's path as it may be written to the log or the audit log: without its query,
 * without the token of a one-time link, and without what was typed into the panel's search.
 * Looks at the path as the router will read it, since `%41` is another way to write `A`.
 *
 * @param target a request's target or path, as it arrived
 * @returns at most 500 characters
 * @example loggablePath('/account/invitation/Zm9v?lang=de') // '/account/invitation/:token'
 */
export function loggablePath(target: string): string {
  const path = target.split('?')[0] ?? ''
  const decoded = decodeWhatCan(path)
  const masked = MASKED.reduce((text, [pattern, mask]) => text.replace(pattern, mask), decoded).replace(
    LONG_PIECE,
    ':token',
  )
  return (masked === decoded ? path : masked).replace(UNPRINTABLE, encodeByte).slice(0, 500)
}

/** Node.js reads a target as Latin-1, so each character is a byte. */
const UNPRINTABLE = /[^\x21-\x7e]/g

const encodeByte = (byte: string) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`

/** Escapes that decode to nothing (`%zz`) stay; decoded until nothing changes, for a proxy may have encoded once more. */
function decodeWhatCan(path: string): string {
  let text = path
  for (let round = 0; round < 3; round++) {
    const decoded = text.replace(/%[0-9a-f]{2}/gi, (escape) => String.fromCharCode(parseInt(escape.slice(1), 16)))
    if (decoded === text) break
    text = decoded
  }
  return text
}
