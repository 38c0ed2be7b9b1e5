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
  /** Encrypts with the newest key (AES-256-GCM, 96-bit nonce, key id in the envelope). */
  seal(plain: Uint8Array, place: SealedPlace): string
  /** Opens what any known key sealed for the same place. */
  open(envelope: string, place: SealedPlace): Buffer
  /** HMAC-SHA-256 under the newest key, base64url: how short secrets are stored. */
  hash(purpose: string, secret: string): string
  /** The same under every known key, newest first: how they are looked up. */
  hashes(purpose: string, secret: string): string[]
  /** For signing session cookies, newest first. */
  sessionSecrets: string[]
}

interface Key {
  id: string
  seal: Buffer
  hash: Buffer
  session: string
}

/**
 * @param keys at least one key of 32 bytes or more, newest first
 * @example createKeyring([randomBytes(32)]).seal(secret, { column: 'totp_devices.secret', id: 3 })
 */
export function createKeyring(keys: readonly Uint8Array[]): Keyring {
  const derived = keys.map(deriveKey)
  const newest = derived[0]
  if (!newest) throw new SiteError('no_secret_key', 'There is no secret key.', 'Set SECRET_KEYS.')
  return {
    seal: (plain, place) => seal(newest, plain, place),
    open: (envelope, place) => open(derived, envelope, place),
    hash: (purpose, secret) => keyedHash(newest, purpose, secret),
    hashes: (purpose, secret) => derived.map((key) => keyedHash(key, purpose, secret)),
    sessionSecrets: derived.map((key) => key.session),
  }
}

// One key of the configuration serves three purposes, so each gets a key of its own (RFC 5869).
function deriveKey(key: Uint8Array): Key {
  const derive = (info: string) => Buffer.from(hkdfSync('sha256', key, 'otp-admin-site', info, 32))
  return {
    id: createHash('sha256').update(key).digest('hex').slice(0, 8),
    seal: derive('seal'),
    hash: derive('hash'),
    session: derive('session').toString('base64url'),
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

function open(keys: readonly Key[], envelope: string, place: SealedPlace): Buffer {
  const [version, keyId, nonce, sealed] = envelope.split('.')
  const key = keys.find((candidate) => candidate.id === keyId)
  if (version !== 'v1' || !key || !nonce || !sealed)
    throw new SiteError(
      'secret_not_readable',
      `${place.column} of row ${place.id} was sealed with a key that is not known here.`,
      'Add the key it was sealed with to SECRET_KEYS.',
    )
  const body = Buffer.from(sealed, 'base64url')
  const decipher = createDecipheriv('aes-256-gcm', key.seal, Buffer.from(nonce, 'base64url'), { authTagLength: 16 })
  decipher.setAAD(associatedData(place)).setAuthTag(body.subarray(-16))
  return Buffer.concat([decipher.update(body.subarray(0, -16)), decipher.final()])
}

function keyedHash(key: Key, purpose: string, secret: string): string {
  return createHmac('sha256', key.hash).update(purpose).update('\0').update(secret).digest('base64url')
}
