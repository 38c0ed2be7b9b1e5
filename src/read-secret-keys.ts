import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { isBlankKey } from './config/is-guessable-key.js'
import { parseSecretKeys } from './config/parse-secret-keys.js'
import type { Config } from './config/read-config.js'
import { createKeyring, type Keyring } from './crypto/keyring.js'
import { SiteError } from './errors.js'
import { withDataFolder } from './with-data-folder.js'

/**
 * Creates the keyring from `SECRET_KEYS`, or from a key that is generated once in `DATA_DIR`
 * (mode 0600). In production `SECRET_KEYS` is always set.
 *
 * @throws SiteError `secret_key_invalid` if that file contains no key, or only zeros,
 *   `data_dir_not_usable` if the file can be neither read nor created
 */
export function readSecretKeys(config: Config): Keyring {
  return createKeyring(config.secretKeys ?? withDataFolder(config.folder, () => generatedKeys(config.folder)))
}

function generatedKeys(folder: string): Buffer[] {
  const file = path.join(folder, 'secret-key')
  const text = readIfThere(file) ?? generateKey(folder, file)
  const keys = parseSecretKeys(text)
  if (keys) return requireFilled(keys, file)
  throw new SiteError(
    'secret_key_invalid',
    `${file} is empty or damaged: it does not contain a key of at least 32 bytes in Base64.`,
    'Restore it from a backup, or set SECRET_KEYS. If nothing was encrypted with it yet, delete it, and a new key is generated.',
  )
}

/** Rejects a key of zeros, which a power cut can leave in a file. */
function requireFilled(keys: Buffer[], file: string): Buffer[] {
  if (!keys.slice(0, 1).some(isBlankKey)) return keys
  throw new SiteError(
    'secret_key_invalid',
    `${file} contains a key that consists only of zeros.`,
    'Put a random key in front of it, separated by a comma (`openssl rand -base64 32` generates one), and run `otp-admin rotate-keys`.',
  )
}

/**
 * Writes the key under another name and links it when it is on the disk. The file is thus
 * complete from the start, and never replaces the key of another process that starts at the
 * same time.
 */
function generateKey(folder: string, file: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const draft = `${file}.${process.pid}.${randomBytes(6).toString('hex')}.new`
  try {
    writeFileSync(draft, randomBytes(32).toString('base64'), { flag: 'wx', mode: 0o600, flush: true })
    linkSync(draft, file)
    syncFolder(folder)
  } catch (error) {
    // Another process was faster; its key is used.
    if (!hasCode(error, 'EEXIST')) throw error
  } finally {
    rmSync(draft, { force: true })
  }
  return readFileSync(file, 'utf8')
}

/** Writes a folder to the disk, because a new file in it can otherwise be lost in a power cut. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null
    throw error
  }
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code
