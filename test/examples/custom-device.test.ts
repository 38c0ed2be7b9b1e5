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

/** A confirmed device of a new key; without a secret its servers judge. */
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
    // The address is known when the checks run, not when they are named.
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
        server.knows(key)
        return addKey(otp, userId, key, false)
      },
      goodToken: async (_otp, device) => keyOf(device).touch(),
    })
    it.each([...checks])('$title', ({ run: expectToHold }) => expectToHold())

    const stage = async () => {
      const otp = { ...testOtp(database), kinds: [kind], everyKind: [kind] }
      const { id: userId } = await createUser(database)
      const key = createSoftwareYubikey()
      server.knows(key)
      const device = await addKey(otp, userId, key, false)
      const submit = (token: string) => verifyToken(otp, { userId, deviceId: device.persistentId, token })
      const row = async () => {
        const { rows } = await database.pool.query('select * from yubikey_devices where id = $1', [device.id])
        return rows[0]
      }
      return { otp, userId, key, device, submit, row }
    }

    it('a server that is silent counts no failure, and the next OTP is good', async () => {
      const { key, submit, row } = await stage()
      server.spoil((answer) => ({ ...answer, status: 'BACKEND_ERROR' }))
      expect(await submit(key.touch())).toEqual({ ok: false, reason: 'verification_not_allowed' })
      server.spoil((answer) => answer)
      expect(await row()).toMatchObject({ failure_count: 0, failed_at: null })
      expect((await submit(key.touch())).ok).toBe(true)
    })

    it('a server that forgot what it said is not believed twice: the row remembers', async () => {
      const { key, submit, otp } = await stage()
      const token = key.touch()
      expect((await submit(token)).ok).toBe(true)
      server.knows(key)
      otp.clock.advance(1)
      expect(await submit(token)).toEqual({ ok: false, reason: 'invalid_token' })
    })

    it('the server is not asked while the device waits, nor about another key’s OTP', async () => {
      const { key, submit } = await stage()
      const before = server.asked.length
      expect((await submit(createSoftwareYubikey().touch())).ok).toBe(false)
      expect(await submit(key.touch())).toMatchObject({ reason: 'n_failed_attempts' })
      expect(server.asked.length).toBe(before)
    })

    it('of guesses at once the server is asked about one, and only that one counts', async () => {
      const { otp, key, submit, row } = await stage()
      const before = server.asked.length
      server.spoil((answer) => ({ ...answer, status: 'BAD_OTP' }))
      const guesses = await Promise.all(Array.from({ length: 10 }, () => submit(key.touch())))
      server.spoil((answer) => answer)
      expect(server.asked.length).toBe(before + 1)
      expect(guesses.filter((each) => !each.ok && each.reason === 'invalid_token')).toHaveLength(1)
      expect(await row()).toMatchObject({ failure_count: 1 })
      otp.clock.advance(2)
      expect((await submit(key.touch())).ok).toBe(true)
    })

    it('a guess while the server takes its time is refused at once, and counts nothing', async () => {
      const { key, submit, row } = await stage()
      let answer = () => {}
      server.wait(new Promise<void>((resolve) => (answer = resolve)))
      const before = server.asked.length
      const first = submit(key.touch())
      while (server.asked.length === before) await new Promise((resolve) => setImmediate(resolve))
      expect(await submit(key.touch())).toEqual({ ok: false, reason: 'verification_not_allowed' })
      expect(server.asked.length).toBe(before + 1)
      expect(await row()).toMatchObject({ failure_count: 0, failed_at: null })
      answer()
      expect((await first).ok).toBe(true)
      server.wait(Promise.resolve())
    })

    it('nothing is locked while the server takes its time', async () => {
      const { key, submit, userId } = await stage()
      let answer = () => {}
      server.wait(new Promise<void>((resolve) => (answer = resolve)))
      const asked = server.asked.length
      const submitted = submit(key.touch())
      while (server.asked.length === asked) await new Promise((resolve) => setImmediate(resolve))
      // Would fail at once on a locked row, and wait for ever on the one backend of the embedded database.
      await database.pool.query('select from users where id = $1 for update nowait', [userId])
      answer()
      expect((await submitted).ok).toBe(true)
      server.wait(Promise.resolve())
    })
  })

  it('a key that somebody else has confirmed confirms nothing', async () => {
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

  /** Staff without a device are led through set-up after the password. */
  async function arrive(): Promise<{ person: TestUser; browser: HttpBrowser }> {
    const person = await createTestUser(site, { app: false })
    const browser = site.browser()
    await browser.post('/account/login', { username: person.email, password: person.password })
    return { person, browser }
  }

  async function enrol(key: SoftwareYubikey, form: Record<string, string>) {
    const { person, browser } = await arrive()
    const begun = await browser.post(add, form)
    expect(begun.status).toBe(303)
    const confirm = begun.location ?? ''
    const done = await browser.post(confirm, { otp_token: key.touch() })
    expect(done.location).toBe('/account/two-factor/setup/complete')
    return { person, browser, device: confirm.split('/').slice(3, 5).join('/') }
  }

  it.each([
    ['whose AES key is typed in', (key: SoftwareYubikey) => formOf(key)],
    ['that the servers know', (key: SoftwareYubikey) => ({ name: 'Mine', otp: key.touch() })],
  ])('%s enrols, signs in with its next OTP, and never with one again', async (_which, form) => {
    const key = createSoftwareYubikey()
    server.knows(key)
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

  it('is refused with a reason: no OTP, half a key, another key, one that is in use', async () => {
    const { browser } = await arrive()
    const key = createSoftwareYubikey()
    const codeOf = async (form: Record<string, string>) => (await browser.post(add, form)).code
    expect(await codeOf({ ...formOf(key), otp: '123456' })).toBe('otp_invalid')
    expect(await codeOf({ ...formOf(key), aes_key: 'abc' })).toBe('key_invalid')
    expect(await codeOf({ ...formOf(key), aes_key: createSoftwareYubikey().aesKey })).toBe('otp_of_another_key')
    expect(await codeOf({ ...formOf(key), private_id: '000000000000' })).toBe('otp_of_another_key')
    const used = createSoftwareYubikey()
    await enrol(used, formOf(used))
    expect(await codeOf(formOf(used))).toBe('key_taken')
    const refused = await browser.post(add, { ...formOf(key), otp: '123456' })
    expect(refused.text).not.toContain(key.aesKey)
  })

  it('is not confirmed by the OTP of its form: that one is spent', async () => {
    const { browser } = await arrive()
    const form = formOf(createSoftwareYubikey())
    const begun = await browser.post(add, form)
    const again = await browser.post(begun.location ?? '', { otp_token: form.otp })
    expect(again).toMatchObject({ status: 422, code: 'invalid_token' })
  })

  it('keeps its AES key from the log, the profile, the panel and its table', async () => {
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
