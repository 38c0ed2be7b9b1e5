import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { SiteError } from '../errors.js'

/** The column and row that a sealed value belongs to. It is authenticated as associated data. */
export interface SealContext {
  /** For example `totp_devices.secret`. */
  column: string
  /** The row's ID, or the UUID of a job's payload. */
  id: number | string
}

/** All operations with SECRET_KEYS. It never exposes the keys themselves. */
export interface Keyring {
  /** IDs of the configured keys, newest first. They identify the key in envelopes and hashes. */
  readonly ids: readonly string[]
  /** Encrypts with the newest key (AES-256-GCM, 96-bit nonce, key ID in the envelope). */
  seal(plain: Uint8Array, place: SealContext): string
  /**
   * Decrypts what any configured key sealed for the same place.
   *
   * @throws SiteError `secret_not_readable` if the key is unknown, or the envelope belongs to another place
   */
  open(envelope: string, place: SealContext): Buffer
  /** Returns the HMAC-SHA-256 with the newest key as `<key ID>.<base64url>`, for storing short secrets. */
  hash(purpose: string, secret: string): string
  /** Returns the hash with every known key, newest first, with and without the key's ID, for looking up short secrets. */
  hashes(purpose: string, secret: string): string[]
  /**
   * Checks that a stored hash was made with a known key, so that it can be compared.
   *
   * @throws SiteError `secret_not_readable` if not
   */
  requireKnown(hash: string): void
  /** Returns the HMAC-SHA-256 with every configured key in Base64url, without the key's ID, to identify something in a form. */
  handles(purpose: string, secret: string): string[]
  /** Secrets for signing session cookies, newest first. */
  readonly sessionSecrets: readonly string[]
  /** Returns what must remain of a key after its removal (its hash key and its session key), sealed with the newest key. */
  wrap(keyId: string): string
  /**
   * Adds the result of {@link wrap} for a key that is no longer configured, so that its hashes are found.
   *
   * @param options.sessions whether sessions that it signed are still accepted
   * @returns false if it is sealed with an unknown key
   */
  unwrap(keyId: string, wrapped: string, options: { sessions: boolean }): boolean
  /** Calls back with the ID of each unknown key, the first time that something refers to it. */
  onUnknownKey(listener: (keyId: string) => void): void
}

/** What remains of a key after its removal from the configuration. */
interface HashKey {
  id: string
  hash: Buffer
  session: string
}

interface Key extends HashKey {
  seal: Buffer
}

/** Minimum length of a key in bytes. */
const MIN_KEY_BYTES = 32

/** Version, key ID, nonce, and body with tag. */
export const ENVELOPE = /^v1\.([0-9a-f]{8})\.[\w-]{16}\.[\w-]+$/

/**
 * Creates the keyring that encrypts device secrets (AES-256-GCM, NIST SP 800-38D) and hashes tokens
 * (HMAC-SHA-256, RFC 2104). It encrypts with the newest key and decrypts with any.
 *
 * @param keys at least one key of 32 bytes or more, newest first
 * @throws SiteError `no_secret_key` for an empty list, `secret_key_invalid` for a key that is too short
 * @example createKeyring([randomBytes(32)]).seal(secret, { column: 'totp_devices.secret', id: 3 })
 */
export function createKeyring(keys: readonly Uint8Array[]): Keyring {
  const derived = keys.map(deriveKey)
  const newest = derived[0]
  if (!newest) throw new SiteError('no_secret_key', 'No secret key is set.', 'Set SECRET_KEYS.')
  const hashKeys: HashKey[] = [...derived]
  const sessionSecrets = derived.map((key) => key.session)
  const unknown = watchUnknown()
  return {
    ids: derived.map(({ id }) => id),
    sessionSecrets,
    onUnknownKey: unknown.watch,
    seal: (plain, place) => seal(newest, plain, place),
    open: (envelope, place) => open(derived, envelope, place, unknown.report),
    hash: (purpose, secret) => `${newest.id}.${keyedHash(newest, purpose, secret)}`,
    hashes: (purpose, secret) => storedSpellings(hashKeys, purpose, secret),
    handles: (purpose, secret) => derived.map((key) => keyedHash(key, purpose, secret)),
    requireKnown(hash) {
      const keyId = keyIdOf(hash)
      if (keyId === null || hashKeys.some(({ id }) => id === keyId)) return
      unknown.report(keyId)
      throw missingKey('A stored hash', keyId)
    },
    wrap: (keyId) => seal(newest, packed(derived, keyId), wrappedPlace(keyId)),
    unwrap(keyId, wrapped, { sessions }) {
      if (!derived.some(({ id }) => id === envelopeKeyId(wrapped))) return false
      if (hashKeys.some(({ id }) => id === keyId)) return true
      const key = unpacked(keyId, open(derived, wrapped, wrappedPlace(keyId), unknown.report))
      hashKeys.push(key)
      if (sessions) sessionSecrets.push(key.session)
      return true
    },
  }
}

/** Returns the ID of the key that sealed an envelope; undefined if it is not an envelope. */
export function envelopeKeyId(envelope: string): string | undefined {
  return ENVELOPE.exec(envelope)?.[1]
}

/** Returns the place that a key's wrapped part is sealed for. */
export const wrappedPlace = (keyId: string): SealContext => ({ column: 'secret_keys.sealed', id: keyId })

/** Derives a separate key for each of the three purposes from one configured key (RFC 5869). */
function deriveKey(key: Uint8Array): Key {
  if (key.length < MIN_KEY_BYTES)
    throw new SiteError(
      'secret_key_invalid',
      `A secret key has ${key.length} bytes. It must have at least ${MIN_KEY_BYTES}.`,
      'Generate one with `openssl rand -base64 32`.',
    )
  const derive = (info: string) => Buffer.from(hkdfSync('sha256', key, 'otp-admin-site', info, 32))
  return {
    id: createHash('sha256').update(key).digest('hex').slice(0, 8),
    seal: derive('seal'),
    hash: derive('hash'),
    session: derive('session').toString('base64url'),
  }
}

function packed(keys: readonly Key[], keyId: string): Buffer {
  const key = keys.find(({ id }) => id === keyId)
  if (!key) throw new Error(`Key ${keyId} is not one of the configuration.`)
  return Buffer.concat([key.hash, Buffer.from(key.session, 'base64url')])
}

function unpacked(id: string, bytes: Buffer): HashKey {
  return { id, hash: bytes.subarray(0, 32), session: bytes.subarray(32).toString('base64url') }
}

function watchUnknown() {
  const reported = new Set<string>()
  const watchers: ((keyId: string) => void)[] = []
  return {
    watch: (listener: (keyId: string) => void) => void watchers.push(listener),
    report(keyId: string) {
      if (reported.has(keyId)) return
      reported.add(keyId)
      for (const watcher of watchers) watcher(keyId)
    },
  }
}

function associatedData(place: SealContext): Buffer {
  return Buffer.from(`${place.column}/${place.id}`)
}

function seal(key: Key, plain: Uint8Array, place: SealContext): string {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key.seal, nonce).setAAD(associatedData(place))
  const body = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  return `v1.${key.id}.${nonce.toString('base64url')}.${body.toString('base64url')}`
}

function open(
  keys: readonly Key[],
  envelope: string,
  place: SealContext,
  reportUnknown: (keyId: string) => void,
): Buffer {
  const keyId = envelopeKeyId(envelope)
  const key = keys.find((candidate) => candidate.id === keyId)
  if (keyId !== undefined && !key) reportUnknown(keyId)
  if (keyId === undefined || !key) throw notReadable(place, keyId)
  try {
    return decipher(key, envelope, place)
  } catch (error) {
    // The value is damaged, or was copied from another row.
    throw notReadable(place, keyId, error)
  }
}

function decipher(key: Key, envelope: string, place: SealContext): Buffer {
  const [, , nonce = '', sealed = ''] = envelope.split('.')
  const body = Buffer.from(sealed, 'base64url')
  const decipher = createDecipheriv('aes-256-gcm', key.seal, Buffer.from(nonce, 'base64url'), { authTagLength: 16 })
  decipher.setAAD(associatedData(place)).setAuthTag(body.subarray(-16))
  return Buffer.concat([decipher.update(body.subarray(0, -16)), decipher.final()])
}

/** Whether an error means that a stored value cannot be read with the keys of this process. */
export function isNotReadable(error: unknown): error is SiteError {
  return error instanceof SiteError && error.code === 'secret_not_readable'
}

function notReadable({ column, id }: SealContext, keyId: string | undefined, cause?: unknown): SiteError {
  const description = `${column} of row ${id}`
  if (keyId !== undefined && cause === undefined) return missingKey(description, keyId)
  const why = `${description} cannot be opened: it is damaged, or belongs to another row.`
  return new SiteError('secret_not_readable', why, 'Restore it from a backup, or set the device up again.', { cause })
}

function missingKey(description: string, keyId: string): SiteError {
  return new SiteError(
    'secret_not_readable',
    `${description} was made with key ${keyId}, which is not in SECRET_KEYS.`,
    'Add that key to the end of SECRET_KEYS.',
  )
}

/** Returns the ID of the key of a stored hash; null for old hashes, which contain no key ID. */
function keyIdOf(hash: string): string | null {
  return /^([0-9a-f]{8})\./.exec(hash)?.[1] ?? null
}

/** Returns both spellings of a hash: with the key ID, and without it as old hashes are stored. */
function storedSpellings(keys: readonly HashKey[], purpose: string, secret: string): string[] {
  const hashes = keys.map((key) => ({ id: key.id, hash: keyedHash(key, purpose, secret) }))
  return [...hashes.map(({ id, hash }) => `${id}.${hash}`), ...hashes.map(({ hash }) => hash)]
}

function keyedHash(key: HashKey, purpose: string, secret: string): string {
  return createHmac('sha256', key.hash).update(purpose).update('\0').update(secret).digest('base64url')
}
