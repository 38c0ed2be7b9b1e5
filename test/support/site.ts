import { hash } from '@node-rs/argon2'
import { createServer, type Server } from 'node:http'
import type { Express } from 'express'
import pino from 'pino'
import type { Auth } from '../../src/auth/auth.js'
import { createKeyring } from '../../src/crypto/keyring.js'
import type { Database } from '../../src/db/connect.js'
import { addStaticToken } from '../../src/kinds/static/add-token.js'
import { addTotpDevice } from '../../src/kinds/totp/add-device.js'
import type { Device } from '../../src/otp/device.js'
import { generateHotp, timeStep } from '../../src/otp/tokens/oath.js'
import type { Otp } from '../../src/otp/otp.js'
import { mountSite, type SiteServices } from '../../src/site.js'
import { type HttpBrowser, createHttpBrowser } from './http-browser.js'
import { testClock, type TestClock } from './clock.js'
import { testConfig } from './config.js'

export interface TestSite {
  app: Express
  baseUrl: string
  clock: TestClock
  otp: Otp
  auth: Auth
  database: Database
  /** Every line that the site logged. */
  log: string[]
  browser(userAgent?: string): HttpBrowser
  close(): Promise<void>
}

/**
 * Starts the whole site on a free port, with a clock that the test sets. In
 * `BASE_URL=http://localhost:0`, the port is replaced by the real one. Security keys need a host name.
 */
export async function startTestSite(
  database: Database,
  environment: Record<string, string> = {},
  secretKeys: readonly Buffer[] = [Buffer.alloc(32, 7)],
  more: Pick<SiteServices, 'admin' | 'kinds' | 'requirements'> & { clock?: TestClock } = {},
): Promise<TestSite> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const own = `http://127.0.0.1:${portOf(server)}`
  const isLocalhost = environment['BASE_URL'] === 'http://localhost:0'
  const baseUrl = isLocalhost ? `http://localhost:${portOf(server)}` : own
  const { clock = testClock() } = more
  const log: string[] = []
  const site = await mountSite({
    config: testConfig({ LOGIN_ADDRESS_LIMIT: '0', ...environment }),
    database,
    keys: createKeyring(secretKeys),
    log: pino({ level: 'trace' }, { write: (line: string) => void log.push(line) }),
    baseUrl: isLocalhost ? baseUrl : (environment['BASE_URL'] ?? baseUrl),
    alsoOrigins: [own],
    ...more,
    clock,
    // The purge would run in between on a slow machine. Its own tests call it.
    sweeps: false,
  })
  // Without a worker, no delivery result comes. Tests with a worker set their own time (startDeliveries).
  site.auth.deliveryWait = 1
  server.on('request', site.app)
  const close = async () => {
    site.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return {
    app: site.app,
    baseUrl,
    clock,
    otp: site.otp,
    auth: site.auth,
    database,
    log,
    browser: (userAgent) => createHttpBrowser(baseUrl, userAgent),
    close,
  }
}

function portOf(server: Server): number {
  const address = server.address()
  if (typeof address !== 'object' || !address) throw new Error('The server has no port.')
  return address.port
}

export interface TestUser {
  id: number
  email: string
  password: string
  /** Undefined if this user has none. */
  app: Device | undefined
  backup: Device | undefined
  backupTokens: string[]
  /** Returns the code that the authenticator app shows now. */
  code(): string
}

export interface TestUserTraits {
  staff?: boolean
  superuser?: boolean
  active?: boolean
  app?: boolean
  backupTokens?: number
  name?: string
  /** The groups that this user is in. Default: Administrators for staff who are not superusers, which see and change almost everything. */
  groups?: readonly string[]
}

let people = 0
const secret = Buffer.from('12345678901234567890')
// An argon2id hash with the lowest cost, the same for all users. At the site's own cost, checking
// passwords would take most of the tests' time. Hashes that the site computes have the full cost.
const passwordHash = hash('correct horse battery', { memoryCost: 8, timeCost: 1, parallelism: 1 })

const JOIN = 'insert into user_groups (user_id, group_id) select $1, id from groups where name = any($2)'

/** Creates a user with a password, by default a member of staff with an authenticator app. */
export async function createTestUser(site: TestSite, traits: TestUserTraits = {}): Promise<TestUser> {
  const { staff = true, superuser = false, active = true, app = true, backupTokens = 0 } = traits
  people += 1
  const email = `person${people}.${process.pid}@example.com`
  const user = await site.database.models.User.create({
    email,
    name: traits.name ?? `Person ${people}`,
    password_hash: await passwordHash,
    is_staff: staff,
    is_superuser: superuser,
    is_active: active,
  })
  const { groups = staff && !superuser ? ['Administrators'] : [] } = traits
  if (groups.length > 0) await site.database.pool.query(JOIN, [user.id, groups])
  const devices = await site.database.sequelize.transaction(async (transaction) => {
    const added = app
      ? await addTotpDevice(site.otp, transaction, { user, name: 'App', secret, confirmed: true })
      : undefined
    const tokens: string[] = []
    let backup: Device | undefined
    while (tokens.length < backupTokens) {
      const one = await addStaticToken(site.otp, transaction, user.id)
      tokens.push(one.token)
      backup = one.device
    }
    return { app: added?.device, backup, backupTokens: tokens }
  })
  const code = () => generateHotp(secret, timeStep(site.clock.now(), 30, 0), 6)
  return { id: user.id, email, password: 'correct horse battery', ...devices, code }
}

/** Signs in with password and app. The clock advances first, so that the code is a new one. */
export async function signIn(site: TestSite, person: TestUser, browser = site.browser()): Promise<HttpBrowser> {
  await browser.post('/account/login', { username: person.email, password: person.password })
  if (person.app) {
    site.clock.advance(30)
    const answer = await browser.post('/account/login', {
      otp_device: person.app.persistentId,
      otp_token: person.code(),
    })
    if (answer.status !== 303) throw new Error(`Signing in failed: ${answer.status} ${answer.code}`)
  }
  signedIn.set(browser, { site, person })
  return browser
}

const signedIn = new WeakMap<HttpBrowser, { site: TestSite; person: TestUser }>()

/**
 * Confirms the user of this browser with a new code. Tests in which a session races itself also
 * need it first, because a step-up in between would change the session's ID.
 */
export async function stepUp(browser: HttpBrowser): Promise<void> {
  const { site, person } = signedIn.get(browser) ?? {}
  if (!site || !person?.app) throw new Error('No user with an app is signed in in this browser.')
  site.clock.advance(30)
  const form = { otp_device: person.app.persistentId, otp_token: person.code() }
  const answer = await browser.post('/account/verify', form)
  if (answer.status !== 303) throw new Error(`The step-up failed: ${answer.status} ${answer.code}`)
}
