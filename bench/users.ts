import { randomBytes } from 'node:crypto'
import { hashPassword } from '../src/crypto/hash-password.js'
import { createKeyring } from '../src/crypto/keyring.js'
import type { Database } from '../src/db/connect.js'
import { createEvents } from '../src/otp/events.js'
import { builtInKinds } from '../src/kinds/index.js'
import { generateHotp, timeStep } from '../src/otp/oath.js'
import type { Otp } from '../src/otp/otp.js'
import type { Clock } from '../src/clock.js'
import { type HttpBrowser, createHttpBrowser } from '../test/support/http-browser.js'
import { SECRET_KEY } from './start-server.js'

export const PASSWORD = 'correct horse battery'
const SECRET = randomBytes(20)

/** Somebody with a password and an authenticator app. */
export interface BenchUser {
  id: number
  email: string
  /** The app's persistent id. */
  deviceId: string
}

/** What the apps of all these people show at that moment; each accepts it once. */
export function currentCode(at: Date): string {
  return generateHotp(SECRET, timeStep(at, 30, 0), 6)
}

/** The core as the server has it. */
export function createOtp(database: Database, clock: Clock): Otp {
  return {
    database,
    clock,
    keys: createKeyring([SECRET_KEY]),
    events: createEvents(),
    kinds: builtInKinds,
    everyKind: builtInKinds,
    settings: { totpSync: true, throttleFactor: 1, challengeCooldown: 30, siteName: 'Bench', relyingParty: null },
  }
}

/** Adds superusers in bulk: the password is hashed once, each secret is sealed for its own row. */
export async function addUsers({ database, keys }: Otp, count: number): Promise<BenchUser[]> {
  const { rows } = await database.pool.query<{ id: number; email: string }>(
    `insert into users (email, name, password_hash, is_staff, is_superuser)
    select format('person-%s@example.com', n), format('Person %s', n), $1, true, true from generate_series(1, $2) n
    returning id, email`,
    [await hashPassword(PASSWORD), count],
  )
  const secrets = rows.map(({ id }) => keys.seal(SECRET, { column: 'totp_devices.secret', id }))
  // The table is empty, so that a device may have its owner's id.
  await database.pool.query(
    `insert into totp_devices (id, user_id, name, confirmed, secret)
    select id, id, 'Authenticator app', true, secret from unnest($1::int[], $2::text[]) as t (id, secret)`,
    [rows.map(({ id }) => id), secrets],
  )
  await database.pool.query(`select setval(pg_get_serial_sequence('totp_devices', 'id'), max(id)) from totp_devices`)
  await database.pool.query('analyze')
  return rows.map((row) => ({ ...row, deviceId: `totp/${row.id}` }))
}

/** Signs in by both steps, as a browser does: two pages, two forms. */
export async function signIn(baseUrl: string, person: BenchUser): Promise<HttpBrowser> {
  const browser = createHttpBrowser(baseUrl)
  await browser.get('/account/login')
  await browser.post('/account/login', { username: person.email, password: PASSWORD })
  await browser.get('/account/login')
  const answer = await browser.post('/account/login', {
    otp_device: person.deviceId,
    otp_token: currentCode(new Date()),
  })
  if (answer.location !== '/admin') throw new Error(`Signing in failed: ${answer.status} ${answer.code}`)
  return browser
}
