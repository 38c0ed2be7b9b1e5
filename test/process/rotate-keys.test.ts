import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/clock.js'
import { hashPassword } from '../../src/crypto/hash-password.js'
import { createKeyring } from '../../src/crypto/keyring.js'
import { connectDatabase, type Database } from '../../src/db/connect.js'
import { addStaticToken } from '../../src/kinds/static/add-token.js'
import { addTotpDevice } from '../../src/kinds/totp/add-device.js'
import { generateHotp, timeStep } from '../../src/otp/tokens/oath.js'
import { createHttpBrowser } from '../support/http-browser.js'
import { buildProgram, otpAdmin, type RunningServer, startServer } from '../support/command-line.js'
import { testConfig } from '../support/config.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { testOtp } from '../support/otp.js'
import { createTestDatabase, postgresUrl, type TestDatabase } from '../support/postgres-database.js'

const login = '/account/login'
const PASSWORD = 'correct horse battery'
const secret = Buffer.from('12345678901234567890')
const [OLD, NEW] = [randomBytes(32), randomBytes(32)]
const spell = (...keys: Buffer[]) => keys.map((key) => key.toString('base64')).join(',')
const idOf = (key: Buffer) => createKeyring([key]).ids[0] ?? ''

interface TestStaff {
  email: string
  app: string
  set: string
  tokens: string[]
}

/** The order in docs/deployment.md, with users signing in at both processes at every step. */
describe.skipIf(!postgresUrl())('rotating the key of two processes', () => {
  let where: TestDatabase
  let database: Database
  let servers: RunningServer[] = []
  const folder = temporaryFolder()
  const passwordHash = hashPassword(PASSWORD)

  beforeAll(async () => {
    buildProgram()
    where = await createTestDatabase()
    database = await connectDatabase(testConfig({ DATABASE_URL: where.url }))
    servers = [await start(OLD), await start(OLD)]
  }, 300_000)
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.stop('SIGKILL')))
    await database.close()
    await where.drop()
  })

  const environment = (...keys: Buffer[]) => ({
    DATABASE_URL: where.url,
    DATA_DIR: folder,
    SECRET_KEYS: spell(...keys),
    LOGIN_ADDRESS_LIMIT: '0',
    LOG_LEVEL: 'silent',
  })
  const start = (...keys: Buffer[]) => startServer(environment(...keys))

  /** One process after the other, like a rolling restart: in between they have different keys. */
  async function restart(index: number, ...keys: Buffer[]): Promise<void> {
    await servers[index]?.stop()
    servers[index] = await start(...keys)
  }

  let people = 0
  async function createStaff(key: Buffer): Promise<TestStaff> {
    people += 1
    const otp = { ...testOtp(database), keys: createKeyring([key]), clock: systemClock }
    const row = { email: `rotating${people}@example.com`, name: 'Ada', is_staff: true, is_active: true }
    const user = await database.models.User.create({ ...row, password_hash: await passwordHash })
    return database.sequelize.transaction(async (transaction) => {
      const { device } = await addTotpDevice(otp, transaction, { user, name: 'App', secret, confirmed: true })
      const { device: set, token } = await addStaticToken(otp, transaction, user.id)
      const tokens = [token]
      while (tokens.length < 20) tokens.push((await addStaticToken(otp, transaction, user.id)).token)
      return { email: user.email, app: device.persistentId, set: set.persistentId, tokens }
    })
  }

  const browserAt = (index: number, cookies?: Map<string, string>) =>
    createHttpBrowser(new URL(servers[index]?.address ?? '').origin, undefined, cookies)

  /** Signs in with a backup token at one of the processes. */
  async function enter(person: TestStaff, index: number) {
    const browser = browserAt(index)
    const token = { otp_device: person.set, otp_token: person.tokens.pop() ?? '' }
    const answer = await browser.post(login, { username: person.email, password: PASSWORD, ...token })
    return { location: answer.location, browser }
  }

  it('signs nobody out, rejects nobody and frees the old key', async () => {
    const person = await createStaff(OLD)
    const app = await createStaff(OLD)
    const session = (await enter(person, 0)).browser
    /** Both processes accept a sign-in, and know the session from before the rotation. */
    const expectPeace = async () => {
      for (const index of [0, 1]) {
        expect((await enter(person, index)).location).toBe('/admin')
        expect((await browserAt(index, session.cookies).get('/admin/api/dashboard')).status).toBe(200)
      }
    }
    await expectPeace()
    for (const keys of [
      [OLD, NEW],
      [NEW, OLD],
    ])
      for (const index of [0, 1]) {
        await restart(index, ...keys)
        await expectPeace()
      }

    const [rotation] = await Promise.all([
      otpAdmin(['rotate-keys'], environment(NEW, OLD)),
      enter(person, 0).then(({ location }) => expect(location).toBe('/admin')),
    ])
    expect(rotation.status).toBe(0)
    expect(rotation.stdout).toContain(`${idOf(NEW)}: newest key`)
    expect(rotation.stdout).toContain(`${idOf(OLD)}: no longer needed`)
    const again = await otpAdmin(['rotate-keys'], environment(NEW, OLD))
    expect(again).toMatchObject({ status: 0, stdout: rotation.stdout })
    expect(again.stderr).toContain('Encrypted 0 values again')

    for (const index of [0, 1]) {
      await restart(index, NEW)
      await expectPeace()
    }
    const code = { otp_device: app.app, otp_token: generateHotp(secret, timeStep(new Date(), 30, 0), 6) }
    const answer = await browserAt(1).post(login, { username: app.email, password: PASSWORD, ...code })
    expect(answer.location).toBe('/admin')
  }, 240_000)

  it('names a missing key and what needs it, and exits with 1', async () => {
    const lost = randomBytes(32)
    await createStaff(lost)
    const { status, stdout } = await otpAdmin(['rotate-keys'], environment(NEW))
    expect(status).toBe(1)
    expect(stdout).toContain(`${idOf(lost)}: missing from SECRET_KEYS, and needed (`)
    expect(stdout).toMatch(/1 row of totp_devices, 20 rows of static_tokens/)
  })

  it('warns if a command has keys that the database has never seen', async () => {
    const { status, stderr } = await otpAdmin(
      ['two-factor-status', 'rotating1@example.com'],
      environment(randomBytes(32)),
    )
    expect(status).toBe(0)
    expect(stderr).toMatch(/^Warning: .*never used with any of these SECRET_KEYS/)
  })
})
