import { createKeyring } from '../../src/crypto/keyring.js'
import type { Database } from '../../src/db/connect.js'
import { createEvents } from '../../src/otp/events.js'
import { builtInKinds } from '../../src/kinds/index.js'
import type { Otp } from '../../src/otp/otp.js'
import { relyingPartyFor } from '../../src/otp/relying-party.js'
import { testClock, type TestClock } from './clock.js'

export type TestOtp = Otp & { clock: TestClock }

/** Creates the core services on a test database, with a clock that the test sets. */
export function testOtp(database: Database, settings: Partial<Otp['settings']> = {}): TestOtp {
  return {
    database,
    clock: testClock(),
    keys: createKeyring([Buffer.alloc(32, 7)]),
    events: createEvents(),
    baseUrl: () => 'http://localhost:3000',
    kinds: builtInKinds,
    everyKind: builtInKinds,
    settings: {
      totpSync: true,
      throttleFactor: 1,
      challengeCooldown: 30,
      siteName: 'Test',
      relyingParty: relyingPartyFor('http://localhost:3000', 'Test'),
      ...settings,
    },
  }
}

let people = 0

/** Creates an active user without a password. */
export async function createUser(database: Database, values: { email?: string; is_active?: boolean } = {}) {
  people += 1
  return database.models.User.create({ email: `person-${people}@example.com`, name: `Person ${people}`, ...values })
}
