import { systemClock } from '../clock.js'
import type { Config } from '../config/read-config.js'
import type { Keyring } from '../crypto/keyring.js'
import { connectDatabase, type Database } from '../db/connect.js'
import { migrate } from '../db/migrate.js'
import { recallKeys, recordKeys } from '../db/secret-keys.js'
import { createEvents } from '../otp/events.js'
import { kindsToMigrate, withBuiltInKinds } from '../kinds/index.js'
import type { CustomKind } from '../otp/kind-registry/custom-kind.js'
import { registerKinds } from '../otp/kind-registry/register-kinds.js'
import { otpSettings } from '../otp/otp-settings.js'
import type { Otp } from '../otp/otp.js'
import { readSecretKeys } from '../read-secret-keys.js'
import { loadKinds } from './load-kinds.js'
import { readEnvironment } from './read-environment.js'

/** Opens the database, brings it up to date, runs the work, and closes the database. */
export async function withOtp<T>(work: (otp: Otp, config: Config) => Promise<T>): Promise<T> {
  const config = readEnvironment()
  const kinds = await loadKinds(config)
  return await withDatabase(config, async (database) => {
    await migrate(database, kindsToMigrate(kinds))
    return await work(await createOtp(config, database, kinds), config)
  })
}

/** Opens the database, runs the work, and closes the database. Connects to a running server's embedded database through its socket. */
export async function withDatabase<T>(config: Config, work: (database: Database) => Promise<T>): Promise<T> {
  const database = await connectDatabase(config, { embedded: 'share', unhurried: true })
  try {
    return await work(database)
  } finally {
    await database.close()
  }
}

/** Builds the core. Devices of custom kinds that are not in `OTP_KINDS` are included when devices are listed or removed. */
async function createOtp(config: Config, database: Database, kinds: readonly CustomKind[]): Promise<Otp> {
  const keys = readSecretKeys(config)
  await bringKeys(database, keys)
  return {
    database,
    clock: systemClock,
    keys,
    events: createEvents(),
    baseUrl: () => config.baseUrl ?? `http://localhost:${config.port}`,
    ...(await registerKinds(database, config, withBuiltInKinds(kinds))),
    settings: otpSettings(config),
  }
}

/** Matches the keys with the database. Warns if they are not the servers' keys, which could then not read what the command stores. */
async function bringKeys(database: Database, keys: Keyring): Promise<void> {
  const now = systemClock.now()
  const { isStranger } = await recallKeys(database, keys, now)
  if (!isStranger) return recordKeys(database, keys, now)
  console.error(
    'Warning: this database was never used with any of these SECRET_KEYS. Servers with other keys cannot read what this command stores.',
  )
}
