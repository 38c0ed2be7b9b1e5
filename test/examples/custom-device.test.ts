import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { yubikeyKind } from '../../examples/custom-device/yubikey/kind.js'
import type { Database } from '../../src/db/connect.js'
import { migrate } from '../../src/db/migrate.js'
import { addDevice, type ContractOtp, type Device, kindContract, verifyToken } from '../../src/index.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { databaseKinds, openTestDatabase } from '../support/database.js'
import { createUser, testOtp } from '../support/otp.js'
import { createTestUser, type TestUser, signIn, startTestSite, type TestSite } from '../support/site.js'
import { createSoftwareYubikey, type SoftwareYubikey } from './custom-device/software-yubikey.js'
import { API_KEY, startValidationServer, type ValidationServer } from './custom-device/validation-server.js'

const add = '/account/two-factor/yubikey/add'
const servers = (url: string) => ({ urls: [url], clientId: '1', apiKey: API_KEY })
const byKey = new Map<string, SoftwareYubikey>()
const keyOf = ({ persistentId }: Device) => byKey.get(persistentId) ?? createSoftwareYubikey()

/** Adds a confirmed device for a new YubiKey. Without a secret, the servers verify it. */
async function addKey(otp: ContractOtp, userId: number, key: SoftwareYubikey, secret: boolean): Promise<Device> {
  const plain = Buffer.from(key.privateId + key.aesKey, 'hex')
  const device = await otp.database.sequelize.transaction((transaction) =>
    addDevice(otp, transaction, yubikeyKind(), {
      userId,
      name: 'YubiKey',
      confirmed: true,
      columns: (id) => ({
        public_id: key.publicId,
        secret: secret ? otp.keys.seal(plain, { column: 'yubikey_devices.secret', id }) : null,
        counter: -1,
      }),
    }),
  )
  byKey.set(device.persistentId, key)
  return device
}

describe.each(databaseKinds())('Yubico OTP on the %s database:', (where) => {
  let database: Database
  let server: ValidationServer
  beforeAll(async () => {
    database = await openTestDatabase(where)
    server = await startValidationServer()
    await migrate(database, [yubikeyKind()])
  })
  afterAll(async () => {
    await server.close()
    await database.close()
  })

  const local = kindContract(yubikeyKind(), {
    database: () => database,
    wrongToken: createSoftwareYubikey().touch(),
    add: (otp, userId) => addKey(otp, userId, createSoftwareYubikey(), true),
    goodToken: async (_otp, device) => keyOf(device).touch(),
  })
  it.each([...local])('by AES key, $title', ({ run: expectToHold }) => expectToHold())

  describe('by validation server,', () => {
    // The URL is known when the checks run, not when they are listed.
    const kind = yubikeyKind({
      clientId: '1',
      apiKey: API_KEY,
      get urls() {
        return [server.url]
      },
    })
    const wrong = createSoftwareYubikey()
    const checks = kindContract(kind, {
      database: () => database,
      wrongToken: wrong.touch(),
      async add(otp, userId) {
        const key = createSoftwareYubikey()
        server.addKey(key)
        return addKey(otp, userId, key, false)
      },
      goodToken: async (_otp, device) => keyOf(device).touch(),
    })
    it.each([...checks])('$title', ({ run: expectToHold }) => expectToHold())

    const setUpKey = async () => {
      const otp = { ...testOtp(database), kinds: [kind], everyKind: [kind] }
      const { id: userId } = await createUser(database)
      const key = createSoftwareYubikey()
      server.addKey(key)
      const device = await addKey(otp, userId, key, false)
      const submit = (token: string) => verifyToken(otp, { userId, deviceId: device.persistentId, token })
      const row = async () => {
        const { rows } = await database.pool.query('select * from yubikey_devices where id = $1', [device.id])
        return rows[0]
      }
      return { otp, userId, key, device, submit, row }
    }

    it('counts no failure if the server does not decide, and accepts the next OTP', async () => {
      const { key, submit, row } = await setUpKey()
      server.changeResponse((answer) => ({ ...answer, status: 'BACKEND_ERROR' }))
      expect(await submit(key.touch())).toEqual({ ok: false, reason: 'verification_not_allowed' })
      server.changeResponse((answer) => answer)
      expect(await row()).toMatchObject({ failure_count: 0, failed_at: null })
      expect((await submit(key.touch())).ok).toBe(true)
    })

    it('rejects an OTP twice even if the server accepts it twice', async () => {
      const { key, submit, otp } = await setUpKey()
      const token = key.touch()
      expect((await submit(token)).ok).toBe(true)
      server.addKey(key)
      otp.clock.advance(1)
      expect(await submit(token)).toEqual({ ok: false, reason: 'invalid_token' })
    })

    it('does not query the server while the device is throttled, or for another key’s OTP', async () => {
      const { key, submit } = await setUpKey()
      const before = server.requests.length
      expect((await submit(createSoftwareYubikey().touch())).ok).toBe(false)
      expect(await submit(key.touch())).toMatchObject({ reason: 'n_failed_attempts' })
      expect(server.requests.length).toBe(before)
    })

    it('queries the server for only one of several guesses at once, and counts only that one', async () => {
      const { otp, key, submit, row } = await setUpKey()
      const before = server.requests.length
      server.changeResponse((answer) => ({ ...answer, status: 'BAD_OTP' }))
      const guesses = await Promise.all(Array.from({ length: 10 }, () => submit(key.touch())))
      server.changeResponse((answer) => answer)
      expect(server.requests.length).toBe(before + 1)
      expect(guesses.filter((each) => !each.ok && each.reason === 'invalid_token')).toHaveLength(1)
      expect(await row()).toMatchObject({ failure_count: 1 })
      otp.clock.advance(2)
      expect((await submit(key.touch())).ok).toBe(true)
    })

    it('rejects a guess at once while the server is slow, and counts no failure', async () => {
      const { key, submit, row } = await setUpKey()
      let answer = () => {}
      server.wait(new Promise<void>((resolve) => (answer = resolve)))
      const before = server.requests.length
      const first = submit(key.touch())
      while (server.requests.length === before) await new Promise((resolve) => setImmediate(resolve))
      expect(await submit(key.touch())).toEqual({ ok: false, reason: 'verification_not_allowed' })
      expect(server.requests.length).toBe(before + 1)
      expect(await row()).toMatchObject({ failure_count: 0, failed_at: null })
      answer()
      expect((await first).ok).toBe(true)
      server.wait(Promise.resolve())
    })

    it('locks nothing while the server is slow', async () => {
      const { key, submit, userId } = await setUpKey()
      let answer = () => {}
      server.wait(new Promise<void>((resolve) => (answer = resolve)))
      const requests = server.requests.length
      const submitted = submit(key.touch())
      while (server.requests.length === requests) await new Promise((resolve) => setImmediate(resolve))
      // Fails at once on a locked row, and would wait forever on the single backend of the embedded database.
      await database.pool.query('select from users where id = $1 for update nowait', [userId])
      answer()
      expect((await submitted).ok).toBe(true)
      server.wait(Promise.resolve())
    })
  })

  it('rejects a YubiKey that another user has confirmed', async () => {
    const otp = { ...testOtp(database), kinds: [yubikeyKind()], everyKind: [yubikeyKind()] }
    const key = createSoftwareYubikey()
    const [one, other] = [(await createUser(database)).id, (await createUser(database)).id]
    await addKey(otp, one, key, true)
    await expect(addKey(otp, other, key, true)).rejects.toThrow(/yubikey_devices_public_id/)
  })
})

describe.each(databaseKinds())('a YubiKey on the site’s pages, on the %s database', (where) => {
  let database: Database
  let site: TestSite
  let server: ValidationServer
  beforeAll(async () => {
    database = await openTestDatabase(where)
    server = await startValidationServer()
    const kind = yubikeyKind(servers(server.url))
    await migrate(database, [kind])
    site = await startTestSite(database, {}, undefined, { kinds: [kind] })
  })
  afterAll(async () => {
    await site.close()
    await server.close()
    await database.close()
  })

  const formOf = (key: SoftwareYubikey) => ({
    name: 'Mine',
    private_id: key.privateId,
    aes_key: key.aesKey,
    otp: key.touch(),
  })

  /** Signs in a new user with the password. Without a device, the setup follows. */
  async function startEnrolment(): Promise<{ person: TestUser; browser: HttpBrowser }> {
    const person = await createTestUser(site, { app: false })
    const browser = site.browser()
    await browser.post('/account/login', { username: person.email, password: person.password })
    return { person, browser }
  }

  async function enrol(key: SoftwareYubikey, form: Record<string, string>) {
    const { person, browser } = await startEnrolment()
    const started = await browser.post(add, form)
    expect(started.status).toBe(303)
    const confirm = started.location ?? ''
    const done = await browser.post(confirm, { otp_token: key.touch() })
    expect(done.location).toBe('/account/two-factor/setup/complete')
    return { person, browser, device: confirm.split('/').slice(3, 5).join('/') }
  }

  it.each([
    ['whose AES key is entered', (key: SoftwareYubikey) => formOf(key)],
    ['that the servers can verify', (key: SoftwareYubikey) => ({ name: 'Mine', otp: key.touch() })],
  ])('%s is set up and signs in with its next OTP, but never twice with the same one', async (_which, form) => {
    const key = createSoftwareYubikey()
    server.addKey(key)
    const { person, browser, device } = await enrol(key, form(key))
    expect((await browser.get('/admin')).status).toBe(200)
    await browser.post('/account/logout')
    const again = site.browser()
    await again.post('/account/login', { username: person.email, password: person.password })
    expect((await again.get('/account/login')).text).toContain('Touch your YubiKey')
    const otp = key.touch()
    expect((await again.post('/account/login', { otp_device: device, otp_token: otp })).location).toBe('/admin')
    const third = site.browser()
    await third.post('/account/login', { username: person.email, password: person.password })
    expect((await third.post('/account/login', { otp_device: device, otp_token: otp })).code).toBe('invalid_token')
  })

  it('is rejected with a reason: not an OTP, an incomplete key, another key, a key in use', async () => {
    const { browser } = await startEnrolment()
    const key = createSoftwareYubikey()
    const codeOf = async (form: Record<string, string>) => (await browser.post(add, form)).code
    expect(await codeOf({ ...formOf(key), otp: '123456' })).toBe('otp_invalid')
    expect(await codeOf({ ...formOf(key), aes_key: 'abc' })).toBe('key_invalid')
    expect(await codeOf({ ...formOf(key), aes_key: createSoftwareYubikey().aesKey })).toBe('otp_of_another_key')
    expect(await codeOf({ ...formOf(key), private_id: '000000000000' })).toBe('otp_of_another_key')
    const used = createSoftwareYubikey()
    await enrol(used, formOf(used))
    expect(await codeOf(formOf(used))).toBe('key_taken')
    const rejected = await browser.post(add, { ...formOf(key), otp: '123456' })
    expect(rejected.text).not.toContain(key.aesKey)
  })

  it('is not confirmed by the OTP of its form, which is already used', async () => {
    const { browser } = await startEnrolment()
    const form = formOf(createSoftwareYubikey())
    const started = await browser.post(add, form)
    const again = await browser.post(started.location ?? '', { otp_token: form.otp })
    expect(again).toMatchObject({ status: 422, code: 'invalid_token' })
  })

  it('does not expose its AES key in the log, the profile, the panel or its table', async () => {
    const key = createSoftwareYubikey()
    const { browser, device } = await enrol(key, formOf(key))
    const boss = await signIn(site, await createTestUser(site, { superuser: true }))
    const list = await boss.get('/admin/api/resources/yubikey_devices/actions/list')
    expect(list.text).toContain(`"public_id":"${key.publicId}"`)
    const { rows } = await database.pool.query('select * from yubikey_devices')
    const seen = [list.text, (await browser.get('/account/two-factor')).text, JSON.stringify(rows), site.log.join()]
    for (const text of seen) {
      expect(text).not.toContain(key.aesKey)
      expect(text).not.toContain(key.privateId)
    }
    expect(list.text).not.toContain(rows[0].secret)
    expect(device).toMatch(/^yubikey\/\d+$/)
  })
})
