import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { SiteError } from '../errors.js'

/** What is protected, and the row it belongs to: bound in as associated data. */
export interface SealedPlace {
  /** For example `totp_devices.secret`. */
  column: string
  /** The row's id, or the UUID of a job's payload. */
  id: number | string
}

/** Everything that is done with SECRET_KEYS. The keys themselves never leave it. */
export interface Keyring {
  /** IDs of the keys of the configuration, newest first: what envelopes and hashes name. */
  readonly ids: readonly string[]
  /** Encrypts with the newest key (AES-256-GCM, 96-bit nonce, key id in the envelope). */
  seal(plain: Uint8Array, place: SealedPlace): string
  /**
   * Opens what any known key sealed for the same place.
   *
   * @throws SiteError `secret_not_readable` if the key is not known, or the envelope is not of this place
   */
  open(envelope: string, place: SealedPlace): Buffer
  /** HMAC-SHA-256 under the newest key, as `<key id>.<base64url>`: how short secrets are stored. */
  hash(purpose: string, secret: string): string
  /** The same under every known key, newest first, with and without the key's id: how they are looked up. */
  hashes(purpose: string, secret: string): string[]
  /**
   * Does nothing if a stored hash was made with a known key, so that it can be compared.
   *
   * @throws SiteError `secret_not_readable`
   */
  requireKnown(hash: string): void
  /** HMAC-SHA-256 in base64url, without the key's id, under every key of the configuration: names a thing in a form. */
  handles(purpose: string, secret: string): string[]
  /** For signing session cookies, newest first. */
  readonly sessionSecrets: readonly string[]
  /** What has to outlive one of these keys (its hash key and its session key), sealed under the newest. */
  wrap(keyId: string): string
  /**
   * Takes what {@link wrap} made of a key that has left the configuration: its hashes are known again.
   *
   * @param options.sessions whether sessions that it signed are still accepted
   * @returns false if it is sealed with a key that is not known
   */
  unwrap(keyId: string, wrapped: string, options: { sessions: boolean }): boolean
  /** Calls back the first time that something names a certain key that is not known here, with the key's ID. */
  onUnknownKey(tell: (keyId: string) => void): void
}

/** What stays of a key once it has been retired. */
interface HashKey {
  id: string
  hash: Buffer
  session: string
}

interface Key extends HashKey {
  seal: Buffer
}

/** Bytes; docs/configuration.md demands as many of each key. */
const MIN_KEY_BYTES = 32

/** Version, key id, nonce, and body with tag. */
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
    open: (envelope, place) => open(derived, envelope, place, unknown.tell),
    hash: (purpose, secret) => `${newest.id}.${keyedHash(newest, purpose, secret)}`,
    hashes: (purpose, secret) => storedSpellings(hashKeys, purpose, secret),
    handles: (purpose, secret) => derived.map((key) => keyedHash(key, purpose, secret)),
    requireKnown(hash) {
      const keyId = keyIdOf(hash)
      if (keyId === null || hashKeys.some(({ id }) => id === keyId)) return
      unknown.tell(keyId)
      throw missingKey('A stored hash', keyId)
    },
    wrap: (keyId) => seal(newest, packed(derived, keyId), wrappedPlace(keyId)),
    unwrap(keyId, wrapped, { sessions }) {
      if (!derived.some(({ id }) => id === envelopeKeyId(wrapped))) return false
      if (hashKeys.some(({ id }) => id === keyId)) return true
      const key = unpacked(keyId, open(derived, wrapped, wrappedPlace(keyId), unknown.tell))
      hashKeys.push(key)
      if (sessions) sessionSecrets.push(key.session)
      return true
    },
  }
}

/** The key that sealed an envelope; undefined if it is no envelope. */
export function envelopeKeyId(envelope: string): string | undefined {
  return ENVELOPE.exec(envelope)?.[1]
}

/** Place of a key's wrapped part: `secret_keys` is sealed like any other table. */
export const wrappedPlace = (keyId: string): SealedPlace => ({ column: 'secret_keys.sealed', id: keyId })

/** One key of the configuration serves three purposes, so each gets a key of its own (RFC 5869). */
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
  const told = new Set<string>()
  const watchers: ((keyId: string) => void)[] = []
  return {
    watch: (tell: (keyId: string) => void) => void watchers.push(tell),
    tell(keyId: string) {
      if (told.has(keyId)) return
      told.add(keyId)
      for (const watcher of watchers) watcher(keyId)
    },
  }
}

function associatedData(place: SealedPlace): Buffer {
  return Buffer.from(`${place.column}/${place.id}`)
}

function seal(key: Key, plain: Uint8Array, place: SealedPlace): string {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key.seal, nonce).setAAD(associatedData(place))
  const body = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  return `v1.${key.id}.${nonce.toString('base64url')}.${body.toString('base64url')}`
}

function open(
  keys: readonly Key[],
  envelope: string,
  place: SealedPlace,
  tellUnknown: (keyId: string) => void,
): Buffer {
  const keyId = envelopeKeyId(envelope)
  const key = keys.find((candidate) => candidate.id === keyId)
  if (keyId !== undefined && !key) tellUnknown(keyId)
  if (keyId === undefined || !key) throw notReadable(place, keyId)
  try {
    return decipher(key, envelope, place)
  } catch (error) {
    // Damaged, or copied here from another row.
    throw notReadable(place, keyId, error)
  }
}

function decipher(key: Key, envelope: string, place: SealedPlace): Buffer {
  const [, , nonce = '', sealed = ''] = envelope.split('.')
  const body = Buffer.from(sealed, 'base64url')
  const decipher = createDecipheriv('aes-256-gcm', key.seal, Buffer.from(nonce, 'base64url'), { authTagLength: 16 })
  decipher.setAAD(associatedData(place)).setAuthTag(body.subarray(-16))
  return Buffer.concat([decipher.update(body.subarray(0, -16)), decipher.final()])
}

/** What `SiteError` says that something stored cannot be read with the keys of this process. */
export function isNotReadable(fault: unknown): fault is SiteError {
  return fault instanceof SiteError && fault.code === 'secret_not_readable'
}

function notReadable({ column, id }: SealedPlace, keyId: string | undefined, cause?: unknown): SiteError {
  const what = `${column} of row ${id}`
  if (keyId !== undefined && cause === undefined) return missingKey(what, keyId)
  const why = `${what} cannot be opened: it is damaged, or belongs to another row.`
  return new SiteError('secret_not_readable', why, 'Restore it from a backup, or set the device up again.', { cause })
}

function missingKey(what: string, keyId: string): SiteError {
  return new SiteError(
    'secret_not_readable',
    `${what} was made with key ${keyId}, which is not in SECRET_KEYS.`,
    'Add that key to the end of SECRET_KEYS.',
  )
}

/** The key that made a stored hash; null for one from before hashes named their key. */
function keyIdOf(hash: string): string | null {
  return /^([0-9a-f]{8})\./.exec(hash)?.[1] ?? null
}

/** Hashes named no key in the beginning: those are still found. */
function storedSpellings(keys: readonly HashKey[], purpose: string, secret: string): string[] {
  const made = keys.map((key) => ({ id: key.id, hash: keyedHash(key, purpose, secret) }))
  return [...made.map(({ id, hash }) => `${id}.${hash}`), ...made.map(({ hash }) => hash)]
}

function keyedHash(key: HashKey, purpose: string, secret: string): string {
  return createHmac('sha256', key.hash).update(purpose).update('\0').update(secret).digest('base64url')
}
