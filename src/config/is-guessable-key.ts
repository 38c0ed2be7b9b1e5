/** Fewest distinct bytes, or differences between neighbouring bytes, in a random key: 32 random bytes have about 30. */
const FEWEST_DISTINCT = 10

/** Placeholders that people use for a key, without punctuation. A random key practically never contains one. */
const PLACEHOLDERS = [
  'changeit',
  'changeme',
  'changethis',
  'default',
  'dontuse',
  'example',
  'generate',
  'insecure',
  'mysecret',
  'notasecret',
  'openssl',
  'otpadmin',
  'password',
  'placeholder',
  'replace',
  'secretkey',
  'supersecret',
  'testkey',
  'topsecret',
  'yourkey',
  'yoursecret',
  '0123456789',
  'abcdefgh',
]

/**
 * Whether someone could guess a key: one byte or a pattern repeated, a sequence of numbers, or
 * words. A key of 32 or more random bytes is rejected by mistake less than once in 10^8.
 *
 * @example isGuessableKey(Buffer.alloc(32)) // true
 */
export function isGuessableKey(key: Buffer): boolean {
  const steps = key.subarray(1).map((byte, index) => byte - (key[index] ?? 0))
  return hasFew(key) || hasFew(steps) || isRepeated(key) || hasPlaceholder(key)
}

const hasFew = (bytes: Uint8Array): boolean => new Set(bytes).size < FEWEST_DISTINCT

/** Whether the key repeats a shorter one. */
function isRepeated(key: Buffer): boolean {
  for (let period = 1; period <= key.length / 2; period += 1)
    if (key.subarray(period).equals(key.subarray(0, -period))) return true
  return false
}

/** Searches the bytes as text and the key as Base64, because `changeme…` can be either. */
function hasPlaceholder(key: Buffer): boolean {
  const texts = [key.toString('latin1'), key.toString('base64')].map((text) =>
    text.toLowerCase().replace(/[^a-z0-9]/g, ''),
  )
  return PLACEHOLDERS.some((word) => texts.some((text) => text.includes(word)))
}

/** Whether a key consists of zero bytes only: a file or a variable that was never filled. */
export function isBlankKey(key: Buffer): boolean {
  return key.every((byte) => byte === 0)
}
