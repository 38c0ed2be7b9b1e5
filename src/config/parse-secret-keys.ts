/** Minimum length of a key in bytes. */
const MIN_BYTES = 32

/** Base64 in either alphabet (RFC 4648 §4, §5), with its padding or without. */
const BASE64 = /^(?:[A-Za-z0-9+/]+|[A-Za-z0-9_-]+)={0,2}$/

/**
 * Parses secret keys in the format of `SECRET_KEYS` and `DATA_DIR/secret-key`: separated by
 * commas, newest first, with or without spaces around each.
 *
 * @returns null if one of them is not a key, is too short, or appears twice
 */
export function parseSecretKeys(text: string): Buffer[] | null {
  const keys = text.split(',').map((key) => parseKey(key.trim()))
  const whole = keys.filter((key) => key !== null)
  const different = new Set(whole.map((key) => key.toString('base64')))
  return different.size === keys.length ? whole : null
}

/** Parses one key strictly, because Node skips invalid characters and returns a shorter key. */
function parseKey(text: string): Buffer | null {
  const digits = text.replace(/=+$/, '')
  const isPadded = digits.length === text.length || text.length % 4 === 0
  if (!BASE64.test(text) || digits.length % 4 === 1 || !isPadded) return null
  const key = Buffer.from(text, 'base64')
  return key.length >= MIN_BYTES ? key : null
}
