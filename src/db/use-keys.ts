import type { Logger } from 'pino'
import type { Clock } from '../clock.js'
import type { Keyring } from '../crypto/keyring.js'
import type { Database } from './connect.js'
import { recallKeys, recordKeys } from './secret-keys.js'

interface KeyServices {
  database: Database
  keys: Keyring
  clock: Clock
  log: Logger
}

/** What to do about a key that is not in SECRET_KEYS. */
const REMEDY = 'add it to the end of SECRET_KEYS, or see "Lost keys" in docs/deployment.md'

/**
 * Matches the keys of this process with the database at the start. It loads what remains of
 * older keys, and logs the IDs of keys that are missing. The site starts without them, because
 * users whose devices need no secret key can still sign in.
 */
export async function useKeys({ database, keys, clock, log }: KeyServices): Promise<void> {
  const now = clock.now()
  keys.onUnknownKey((key) =>
    log.error({ key, remedy: REMEDY }, 'something is encrypted with a key that is not in SECRET_KEYS'),
  )
  const { missing, isStranger } = await recallKeys(database, keys, now)
  if (isStranger)
    log.error({ keys: missing, remedy: REMEDY }, 'wrong SECRET_KEYS: this database was used with other keys only')
  else if (missing.length > 0)
    log.error({ keys: missing, remedy: REMEDY }, 'keys that were used with this database are not in SECRET_KEYS')
  await recordKeys(database, keys, now)
}
