import { base32nopad } from '@scure/base'
import { randomBytes } from 'node:crypto'
import type { Keyring } from '../../crypto/keyring.js'
import { readPrintedSecret } from '../../typed-text/read-base32.js'

declare const brand: unique symbol
/** 16 Base32 characters in capitals, without groups: 80 bits. */
export type BackupToken = string & { readonly [brand]: 'BackupToken' }

/** The stored name of a set that its owner has not renamed. Pages show it in the reader's language. */
export const DEFAULT_SET_NAME = 'Backup tokens'

/** Generates a token from ten random bytes (NIST SP 800-63B-4 §4.2.1 requires 64 bits or more). */
export function generateBackupToken(): BackupToken {
  const token = base32nopad.encode(randomBytes(10))
  if (!isBackupToken(token)) throw new Error('Ten bytes are 16 Base32 characters.')
  return token
}

/** Reads a token as it was typed or pasted; null if it cannot be one. */
export function parseBackupToken(typed: string): BackupToken | null {
  const token = readPrintedSecret(typed, 16)
  return token !== null && isBackupToken(token) ? token : null
}

function isBackupToken(text: string): text is BackupToken {
  return /^[A-Z2-7]{16}$/.test(text)
}

/** Formats a token in groups of four, as it is shown and printed. */
export function formatBackupToken(token: BackupToken): string {
  return token.match(/.{4}/g)?.join('-') ?? token
}

/** Hashes a token. Only the hash is stored. 80 random bits need no salt; without the key, a stolen dump is useless. */
export function hashBackupToken(keys: Keyring, token: BackupToken): string {
  return keys.hash('static_tokens', token)
}

/** Hashes a typed token with every known key, to look it up. */
export function backupTokenHashes(keys: Keyring, token: BackupToken): string[] {
  return keys.hashes('static_tokens', token)
}
