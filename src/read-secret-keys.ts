import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Config } from './config/read-config.js'
import { createKeyring, type Keyring } from './crypto/keyring.js'

/**
 * The keyring of `SECRET_KEYS`, or of the key that is generated once into `DATA_DIR`
 * (mode 0600). Production never comes here without `SECRET_KEYS`.
 */
export function readSecretKeys(config: Config): Keyring {
  return createKeyring(config.secretKeys ?? [generatedKey(config.folder)])
}

function generatedKey(folder: string): Buffer {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = path.join(folder, 'secret-key')
  try {
    writeFileSync(file, randomBytes(32).toString('base64'), { flag: 'wx', mode: 0o600 })
  } catch (error) {
    // Another start made it, now or earlier.
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  return Buffer.from(readFileSync(file, 'utf8'), 'base64')
}
