/** Bytes of one key, at least. */
const MIN_BYTES = 32

/** Base64 in either alphabet (RFC 4648 §4, §5), with its padding or without. */
const BASE64 = /^(?:[A-Za-z0-9+/]+|[A-Za-z0-9_-]+)={0,2}$/

/**
 * Reads secret keys as they are written in `SECRET_KEYS` and in `DATA_DIR/secret-key`: comma
 * separated, newest first, with or without space around each.
 *
 * @returns null if one of them is no key, is too short, or is there twice
 */
export function parseSecretKeys(text: string): Buffer[] | null {
  const keys = text.split(',').map((key) => parseKey(key.trim()))
  const whole = keys.filter((key) => key !== null)
  const different = new Set(whole.map((key) => key.toString('base64')))
  return different.size === keys.length ? whole : null
}

/** Strict, because Node skips what it does not understand and gives back a shorter key. */
function parseKey(text: string): Buffer | null {
  const digits = text.replace(/=+$/, '')
  const isPadded = digits.length === text.length || text.length % 4 === 0
  if (!BASE64.test(text) || digits.length % 4 === 1 || !isPadded) return null
  const key = Buffer.from(text, 'base64')
  return key.length >= MIN_BYTES ? key : null
}
