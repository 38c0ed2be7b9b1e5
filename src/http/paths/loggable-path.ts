/** The text after these prefixes is secret, or was typed by a person. Case and doubled slashes are ignored. */
const MASKED: readonly [RegExp, string][] = [
  [/(\/account\/+(?:invitation|password\/+reset|email\/+confirm)\/+).+$/is, '$1:token'],
  [/(\/resources\/+[^/]*\/+actions\/+[^/]*\/+).+$/is, '$1:query'],
]

/** 40 characters in one piece may be a token: 240 bits in Base64url. */
const LONG_PIECE = /[\w-]{40,}/g

/**
 * Formats a request's path for the log or the audit log: without its query, without the token
 * of a one-time link, and without what was typed into the panel's search. Secrets are looked
 * for in the decoded path, which the router reads: `%41` is another spelling of `A`.
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

/** Decodes up to three times, because a proxy may have encoded the path again. Invalid escapes (`%zz`) stay as they are. */
function decodeWhatCan(path: string): string {
  let text = path
  for (let round = 0; round < 3; round++) {
    const decoded = text.replace(/%[0-9a-f]{2}/gi, (escape) => String.fromCharCode(parseInt(escape.slice(1), 16)))
    if (decoded === text) break
    text = decoded
  }
  return text
}
