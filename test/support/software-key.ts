import { createHash, createSign, generateKeyPairSync, randomBytes } from 'node:crypto'
import { isoCBOR } from '@simplewebauthn/server/helpers'

/** The input of a browser and a key, and what they can do wrong. */
export interface Ceremony {
  /** base64url, as in the options. */
  challenge: string
  origin?: string
  rpId?: string
  /** Whether the key has checked a PIN or a fingerprint. */
  userVerified?: boolean
  userPresent?: boolean
  /** Whether the key states that it can be backed up, and that it is (WebAuthn §6.1.3). */
  backupEligible?: boolean
  backedUp?: boolean
  /** The COSE algorithm that a new key states. */
  algorithm?: number
  /** The attestation statement, `none` by default. */
  attestation?: { fmt: string; attStmt: Map<string, Uint8Array | number> }
  /** Fields that the browser adds to the client data. */
  moreClientData?: Record<string, unknown>
  /** The counter that the key states, by default one more than the last time. */
  counter?: number
  /** By default the key's own, which it returns if no credential was requested. */
  userHandle?: string | null
  /** As in the options. */
  allowCredentials?: unknown
  type?: string
  crossOrigin?: boolean
}

/** A security key in software: ES256, no attestation, written from WebAuthn §6 only. */
export interface SoftwareKey {
  /** base64url. */
  credentialId: string
  counter: number
  /** The user it belongs to, base64url. Null: the key does not store it. */
  userHandle: string | null
  /** Returns a browser's JSON for a new key. */
  create(ceremony: Ceremony): string
  /** Returns a browser's JSON for an assertion. */
  answer(ceremony: Ceremony): string
}

/** @param counts false for keys whose counter is always 0, such as synced passkeys */
export function createSoftwareKey({ counts = true } = {}): SoftwareKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const id = randomBytes(32)
  const credentialId = id.toString('base64url')
  const jwk = publicKey.export({ format: 'jwk' })
  const credential = { id: credentialId, rawId: credentialId, type: 'public-key', clientExtensionResults: {} }
  const key: SoftwareKey = {
    credentialId,
    counter: 0,
    userHandle: null,
    create(ceremony) {
      const attested = Buffer.concat([
        Buffer.alloc(16),
        uint16(id.length),
        id,
        coseKey(ceremony.algorithm ?? -7, jwk.x, jwk.y),
      ])
      const authData = Buffer.concat([authenticatorData(ceremony, 0, ATTESTED), attested])
      const attestation = new Map<string, Cbor>([
        ['fmt', ceremony.attestation?.fmt ?? 'none'],
        ['attStmt', ceremony.attestation?.attStmt ?? new Map()],
        ['authData', Uint8Array.from(authData)],
      ])
      const response = {
        clientDataJSON: clientData('webauthn.create', ceremony).toString('base64url'),
        attestationObject: encode(attestation).toString('base64url'),
        transports: ['usb'],
      }
      return JSON.stringify({ ...credential, response })
    },
    answer(ceremony) {
      key.counter = ceremony.counter ?? (counts ? key.counter + 1 : 0)
      const client = clientData('webauthn.get', ceremony)
      const { allowCredentials: allowed, userHandle: handle = isEmpty(allowed) ? key.userHandle : null } = ceremony
      const authData = authenticatorData(ceremony, key.counter)
      const signed = Buffer.concat([authData, createHash('sha256').update(client).digest()])
      const response = {
        clientDataJSON: client.toString('base64url'),
        authenticatorData: authData.toString('base64url'),
        signature: createSign('sha256').update(signed).sign(privateKey).toString('base64url'),
        ...(handle !== null && { userHandle: handle }),
      }
      return JSON.stringify({ ...credential, response })
    },
  }
  return key
}

/** If no user was identified before, the key must return the user handle (WebAuthn §7.2 step 6). */
const isEmpty = (allowed: unknown): boolean => Array.isArray(allowed) && allowed.length === 0

type Cbor = Parameters<typeof isoCBOR.encode>[0]

const PRESENT = 0x01
const VERIFIED = 0x04
const BACKUP_ELIGIBLE = 0x08
const BACKED_UP = 0x10
const ATTESTED = 0x40

/** WebAuthn §6.1: hash of the relying party, flags, counter. */
function authenticatorData(ceremony: Ceremony, counter: number, extraFlags = 0): Buffer {
  const { rpId = 'localhost', userPresent = true, userVerified = false } = ceremony
  const backup = (ceremony.backupEligible ? BACKUP_ELIGIBLE : 0) | (ceremony.backedUp ? BACKED_UP : 0)
  const flags = (userPresent ? PRESENT : 0) | (userVerified ? VERIFIED : 0) | backup | extraFlags
  const counterBytes = Buffer.alloc(4)
  counterBytes.writeUInt32BE(counter)
  return Buffer.concat([createHash('sha256').update(rpId).digest(), Buffer.from([flags]), counterBytes])
}

/** WebAuthn §5.8.1: the data that the browser adds. */
function clientData(type: string, ceremony: Ceremony): Buffer {
  const { challenge, origin = 'http://localhost:3000', crossOrigin = false } = ceremony
  return Buffer.from(
    JSON.stringify({ type: ceremony.type ?? type, challenge, origin, crossOrigin, ...ceremony.moreClientData }),
  )
}

/** RFC 9053 §7.1.1: an EC2 key for ES256. */
function coseKey(algorithm: number, x = '', y = ''): Buffer {
  return encode(
    new Map<number, Cbor>([
      [1, 2],
      [3, algorithm],
      [-1, 1],
      [-2, Uint8Array.from(Buffer.from(x, 'base64url'))],
      [-3, Uint8Array.from(Buffer.from(y, 'base64url'))],
    ]),
  )
}

function encode(value: Cbor): Buffer {
  return Buffer.from(isoCBOR.encode(value))
}

function uint16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff])
}
