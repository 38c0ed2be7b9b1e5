import { randomBytes } from 'node:crypto'
import { hashPassword } from '../src/crypto/hash-password.js'
import { createKeyring } from '../src/crypto/keyring.js'
import type { Database } from '../src/db/connect.js'
import { createEvents } from '../src/otp/events.js'
import { builtInKinds } from '../src/kinds/index.js'
import { generateHotp, timeStep } from '../src/otp/tokens/oath.js'
import type { Otp } from '../src/otp/otp.js'
import type { Clock } from '../src/clock.js'
import { type HttpBrowser, createHttpBrowser } from '../test/support/http-browser.js'
import { SECRET_KEY } from './start-server.js'

export const PASSWORD = 'correct horse battery'
const SECRET = randomBytes(20)

/** A user with a password and an authenticator app. */
export interface BenchUser {
  id: number
  email: string
  /** The app's persistent ID. */
  deviceId: string
}

/** Returns the code that the apps of all users show at that time. Each app accepts it once. */
export function currentCode(at: Date): string {
  return generateHotp(SECRET, timeStep(at, 30, 0), 6)
}

/** Creates the core services as the server does. */
export function createOtp(database: Database, clock: Clock): Otp {
  return {
    database,
    clock,
    keys: createKeyring([SECRET_KEY]),
    events: createEvents(),
    baseUrl: () => 'http://localhost:3000',
    kinds: builtInKinds,
    everyKind: builtInKinds,
    settings: { totpSync: true, throttleFactor: 1, challengeCooldown: 30, siteName: 'Bench', relyingParty: null },
  }
}

/** Adds many superusers. The password is hashed once, and each secret is sealed for its row. */
export async function addUsers({ database, keys }: Otp, count: number): Promise<BenchUser[]> {
  const { rows } = await database.pool.query<{ id: number; email: string }>(
    `insert into users (email, name, password_hash, is_staff, is_superuser)
    select format('user-%s@example.com', n), format('User %s', n), $1, true, true from generate_series(1, $2) n
    returning id, email`,
    [await hashPassword(PASSWORD), count],
  )
  const secrets = rows.map(({ id }) => keys.seal(SECRET, { column: 'totp_devices.secret', id }))
  // The table is empty, so a device can have its owner's ID.
  await database.pool.query(
    `insert into totp_devices (id, user_id, name, confirmed, secret)
    select id, id, 'Authenticator app', true, secret from unnest($1::int[], $2::text[]) as t (id, secret)`,
    [rows.map(({ id }) => id), secrets],
  )
  await database.pool.query(`select setval(pg_get_serial_sequence('totp_devices', 'id'), max(id)) from totp_devices`)
  await database.pool.query('analyze')
  return rows.map((row) => ({ ...row, deviceId: `totp/${row.id}` }))
}

/** Signs in with both steps, as a browser does: two pages and two forms. */
export async function signIn(baseUrl: string, user: BenchUser): Promise<HttpBrowser> {
  const browser = createHttpBrowser(baseUrl)
  await browser.get('/account/login')
  await browser.post('/account/login', { username: user.email, password: PASSWORD })
  await browser.get('/account/login')
  const response = await browser.post('/account/login', {
    otp_device: user.deviceId,
    otp_token: currentCode(new Date()),
  })
  if (response.location !== '/admin') throw new Error(`Signing in failed: ${response.status} ${response.code}`)
  return browser
}
