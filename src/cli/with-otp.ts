import { recordVerifications } from '../auth/record-verifications.js'
import { endTrust } from '../auth/trusted-browser/end-trust.js'
import { systemClock } from '../clock.js'
import type { Config } from '../config/read-config.js'
import type { Keyring } from '../crypto/keyring.js'
import { connectDatabase, type Database } from '../db/connect.js'
import { migrate } from '../db/migrate.js'
import { recallKeys, recordKeys } from '../db/secret-keys.js'
import { createEvents } from '../otp/events.js'
import { builtInKinds } from '../kinds/index.js'
import { registerKinds } from '../otp/kinds/register-kinds.js'
import { otpSettings } from '../otp/otp-settings.js'
import type { Otp } from '../otp/otp.js'
import { readSecretKeys } from '../read-secret-keys.js'
import { readEnvironment } from './read-environment.js'

/** Opens the database, brings it up to date, does the work, and closes it again. */
export async function withOtp<T>(work: (otp: Otp, config: Config) => Promise<T>): Promise<T> {
  const config = readEnvironment()
  return await withDatabase(config, async (database) => {
    await migrate(database)
    return await work(await createOtp(config, database), config)
  })
}

/** The same without migrating. A running server's embedded database is reached through its socket. */
export async function withDatabase<T>(config: Config, work: (database: Database) => Promise<T>): Promise<T> {
  const database = await connectDatabase(config, { embedded: 'share', unhurried: true })
  try {
    return await work(database)
  } finally {
    await database.close()
  }
}

/** Kinds from outside are not registered here; their devices count and are removed like all others. */
async function createOtp(config: Config, database: Database): Promise<Otp> {
  const keys = readSecretKeys(config)
  await bringKeys(database, keys)
  const otp: Otp = {
    database,
    clock: systemClock,
    keys,
    events: createEvents(),
    ...(await registerKinds(database, config, builtInKinds)),
    settings: otpSettings(config),
  }
  recordVerifications(otp)
  endTrust(otp)
  return otp
}

/** A command with another key than the servers' stores what no server can read: it says so, and goes on. */
async function bringKeys(database: Database, keys: Keyring): Promise<void> {
  const now = systemClock.now()
  const { isStranger } = await recallKeys(database, keys, now)
  if (!isStranger) return recordKeys(database, keys, now)
  console.error(
    'Warning: this database was never used with any of these SECRET_KEYS. Servers with other keys cannot read what this command stores.',
  )
}
