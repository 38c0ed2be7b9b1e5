import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import { formatDateTime } from '../../src/http/pages/format-date-time.js'
import { addHotpDevice } from '../../src/kinds/hotp/add-device.js'
import { addTotpDevice } from '../../src/kinds/totp/add-device.js'
import { generateHotp, timeStep } from '../../src/otp/tokens/oath.js'
import { startJourney } from '../support/journey.js'
import { createTestUser, type TestUser, signIn, type TestSite } from '../support/site.js'

const second = Buffer.from('another secret, 20 b')

describe("a person's own devices", () => {
  let database: Database
  let site: TestSite
  beforeAll(async () => {
    site = await startJourney()
    database = site.database
  })
  afterAll(() => site.close())
  const profile = '/account/two-factor'
  const devices = `${profile}/devices`
  const addApp = async (person: TestUser, name = 'Second app') => {
    const add = { user: person, name, secret: second, confirmed: true }
    return (await database.sequelize.transaction((transaction) => addTotpDevice(site.otp, transaction, add))).device
  }
  const secondCode = () => generateHotp(second, timeStep(site.clock.now(), 30, 0), 6)
  const events = async (person: TestUser) =>
    (await database.pool.query('select event from audit_events where user_id = $1 order by id', [person.id])).rows.map(
      ({ event }) => event,
    )

  it('are listed with kind, date, last use and client info', async () => {
    const person = await createTestUser(site, { backupTokens: 5 })
    const browser = await signIn(site, person)
    const { text } = await browser.get(profile)
    for (const said of ['App', 'Authenticator app', 'Backup tokens', '5 left', 'Added ', 'Never used', 'Default'])
      expect(text).toContain(said)
    expect(text).toContain(`Last used ${formatDateTime(site.clock.now(), 'en')}`)
    expect(text).toContain('From 127.0.0.1, Firefox 139 on Linux')
  })

  it.each([
    [5, 'You have 5 backup tokens left.', 'You have only'],
    [3, 'You have only 3 backup tokens left', 'You have no backup tokens'],
    [1, 'You have only 1 backup token left', 'You have no backup tokens'],
    [0, 'You have no backup tokens', 'left.'],
  ])('show a warning that fits %i backup tokens', async (backupTokens, said, unsaid) => {
    const { text } = await (await signIn(site, await createTestUser(site, { backupTokens }))).get(profile)
    expect(text).toContain(said)
    expect(text).not.toContain(unsaid)
  })

  it('can be renamed, which is in the audit log', async () => {
    const person = await createTestUser(site)
    const browser = await signIn(site, person)
    const address = `${devices}/${person.app?.persistentId}/rename`
    expect((await browser.get(address)).text).toContain('value="App"')
    expect((await browser.post(address, { name: '  My\n phone  ' })).status).toBe(303)
    expect((await browser.get(profile)).text).toContain('<h3>My phone</h3>')
    for (const name of ['', ' ', 'x'.repeat(65)])
      expect(await browser.post(address, { name })).toMatchObject({ status: 422, code: 'name_invalid' })
    expect(await events(person)).toContain('device_renamed')
  })

  it('are asked for in the order that their owner chose', async () => {
    const person = await createTestUser(site)
    const other = await addApp(person)
    const browser = await signIn(site, person)
    const done = await browser.post(`${devices}/${other.persistentId}/default`)
    expect(done).toMatchObject({ status: 303, location: `${profile}?done=default_changed` })
    const fresh = site.browser()
    await fresh.post('/account/login', { username: person.email, password: person.password })
    site.clock.advance(30)
    expect((await fresh.post('/account/login', { otp_token: secondCode() })).status).toBe(303)
  })

  it('are removed after a confirmation, and their sessions are no longer verified', async () => {
    const person = await createTestUser(site)
    const other = await addApp(person)
    const browser = await signIn(site, person)
    const elsewhere = site.browser()
    await elsewhere.post('/account/login', { username: person.email, password: person.password })
    site.clock.advance(30)
    await elsewhere.post('/account/login', { otp_device: other.persistentId, otp_token: secondCode() })
    expect((await elsewhere.get('/admin')).status).toBe(200)
    const address = `${devices}/${other.persistentId}/remove`
    expect((await browser.get(address)).text).toContain('Do you want to remove “Second app”?')
    expect((await browser.get('/admin')).status).toBe(200)
    expect((await browser.post(address)).location).toBe(`${profile}?done=removed`)
    expect((await browser.get(profile)).text).not.toContain('Second app')
    expect((await elsewhere.get('/admin')).status).toBe(302)
    expect(await events(person)).toContain('device_removed')
  })

  it('include one that cannot be removed if the policy requires two-factor authentication', async () => {
    const person = await createTestUser(site, { backupTokens: 2 })
    const browser = await signIn(site, person)
    const address = `${devices}/${person.app?.persistentId}/remove`
    expect((await browser.get(address)).code).toBe('policy')
    expect(await browser.post(address)).toMatchObject({ status: 422, code: 'policy' })
    expect((await browser.get('/admin')).status).toBe(200)
    const onlyTokens = await createTestUser(site, { app: false, backupTokens: 2 })
    const other = site.browser()
    const [token = ''] = onlyTokens.backupTokens
    await other.post('/account/login', { username: onlyTokens.email, password: onlyTokens.password })
    await other.post('/account/login', { otp_token: token })
    const set = `${devices}/${onlyTokens.backup?.persistentId}/remove`
    expect(await other.post(set)).toMatchObject({ status: 422, code: 'policy' })
  })

  it('keep one if two are removed at once', async () => {
    const person = await createTestUser(site)
    const other = await addApp(person)
    const browser = await signIn(site, person)
    const answers = await Promise.all(
      [person.app, other].map((device) => browser.post(`${devices}/${device?.persistentId}/remove`)),
    )
    const left = await database.pool.query('select 1 from totp_devices where user_id = $1', [person.id])
    expect(left.rowCount).toBe(1)
    expect(answers.filter(({ location }) => location?.includes('done=removed'))).toHaveLength(1)
  })

  it('lose the backup tokens with the last one', async () => {
    const person = await createTestUser(site, { staff: false, backupTokens: 2 })
    const browser = await signIn(site, person)
    const address = `${devices}/${person.app?.persistentId}/remove`
    expect((await browser.get(address)).text).toContain('your backup tokens will be removed too')
    expect((await browser.post(address)).status).toBe(303)
    const left = await database.pool.query('select 1 from static_devices where user_id = $1', [person.id])
    expect(left.rowCount).toBe(0)
    expect((await events(person)).filter((event) => event === 'device_removed')).toHaveLength(2)
    expect((await browser.get(profile)).text).toContain('Two-factor authentication is off.')
  })

  it.each(['rename', 'default', 'remove'])('are not found or changed by another user: %s', async (verb) => {
    const owner = await createTestUser(site)
    const browser = await signIn(site, await createTestUser(site))
    const address = `${devices}/${owner.app?.persistentId}/${verb}`
    expect((await browser.get(address)).status).toBe(verb === 'default' ? 405 : 404)
    expect(await browser.post(address, { name: 'Mine' })).toMatchObject({ status: 404, code: 'not_found' })
    const { rows } = await database.pool.query(
      'select d.name, u.default_device from totp_devices d join users u on u.id = d.user_id where u.id = $1',
      [owner.id],
    )
    expect(rows).toEqual([{ name: 'App', default_device: null }])
  })

  it.each(['totp/0', 'totp/999999999999', 'users/1', 'totp/1%20or%201', '../x/1'])(
    'are not found under %s',
    async (id) => {
      const browser = await signIn(site, await createTestUser(site))
      expect((await browser.post(`${devices}/${id}/remove`)).status).toBe(404)
    },
  )

  it('are not open to a session that no device verified, for GET and POST', async () => {
    const person = await createTestUser(site)
    const browser = site.browser()
    await browser.post('/account/login', { username: person.email, password: person.password })
    for (const verb of ['rename', 'default', 'remove'])
      for (const method of verb === 'default' ? ['POST'] : ['GET', 'POST', 'HEAD']) {
        const answer = await browser.visit(`${devices}/${person.app?.persistentId}/${verb}`, { method })
        expect(answer.status).toBe(302)
        expect(answer.location).toMatch(/^\/account\/login/)
      }
  })

  it('list the methods that they accept', async () => {
    const browser = await signIn(site, await createTestUser(site))
    const answer = await browser.get(`${devices}/totp/1/default`)
    expect(answer).toMatchObject({ status: 405, code: 'method_not_allowed' })
    expect(answer.headers.allow).toBe('POST')
  })

  describe('a hardware token', () => {
    const key = Buffer.from('d2e8a68036f68960b1c30532bb6c56da5934d879', 'hex')
    const tokens = `${profile}/hardware-tokens`

    it('is added by its key, confirmed by a code, and signs in', async () => {
      const person = await createTestUser(site)
      const browser = await signIn(site, person)
      expect((await browser.get(`${tokens}/add`)).status).toBe(200)
      const added = await browser.post(`${tokens}/add`, { name: 'Yellow one', key: key.toString('hex'), digits: '6' })
      expect(added.location).toMatch(/^\/account\/two-factor\/hardware-tokens\/\d+\/confirm$/)
      const confirm = added.location ?? ''
      expect((await browser.get(confirm)).text).toContain('Yellow one')
      expect(await browser.post(confirm, { otp_token: '' })).toMatchObject({ status: 422, code: 'token_required' })
      expect(await browser.post(confirm, { otp_token: '000000' })).toMatchObject({ status: 422, code: 'invalid_token' })
      expect(await browser.post(confirm, { otp_token: generateHotp(key, 0, 6) })).toMatchObject({ status: 429 })
      site.clock.advance(1)
      const cookie = browser.cookies.get('otp_session')
      expect((await browser.post(confirm, { otp_token: generateHotp(key, 0, 6) })).status).toBe(303)
      expect(browser.cookies.get('otp_session')).not.toBe(cookie)
      const again = site.browser()
      await again.post('/account/login', { username: person.email, password: person.password })
      const device = `hotp/${/\d+/.exec(confirm)?.[0]}`
      expect(
        (await again.post('/account/login', { otp_device: device, otp_token: generateHotp(key, 0, 6) })).code,
      ).toBe('invalid_token')
      site.clock.advance(1)
      expect(
        (await again.post('/account/login', { otp_device: device, otp_token: generateHotp(key, 1, 6) })).status,
      ).toBe(303)
      const { rows } = await database.pool.query('select secret, confirmed from hotp_devices where user_id = $1', [
        person.id,
      ])
      expect(rows[0]).toMatchObject({ confirmed: true })
      expect(rows[0].secret).not.toContain(key.toString('base64url'))
    })

    it('is rejected with an invalid key, and the page does not show the key again', async () => {
      const browser = await signIn(site, await createTestUser(site))
      const refused = await browser.post(`${tokens}/add`, { name: 'Token', key: 'hunter2hunter2' })
      expect(refused).toMatchObject({ status: 422, code: 'key_invalid' })
      expect(refused.text).not.toContain('hunter2')
      expect((await browser.post(`${tokens}/add`, { name: '', key: key.toString('hex') })).code).toBe('name_invalid')
    })

    it('is resynced with two consecutive codes, and throttled', async () => {
      const person = await createTestUser(site)
      const device = await database.sequelize.transaction((transaction) =>
        addHotpDevice(site.otp, transaction, {
          userId: person.id,
          name: 'Token',
          secret: key,
          digits: 6,
          counter: 0,
          confirmed: true,
        }),
      )
      const browser = await signIn(site, person)
      const address = `${tokens}/${device.id}/synchronise`
      expect((await browser.get(address)).text).toContain('First code')
      const codes = (first: number, next: number) => ({
        otp_token: generateHotp(key, first, 6),
        otp_token_next: generateHotp(key, next, 6),
      })
      expect((await browser.post(address, codes(60, 62))).code).toBe('invalid_token')
      const wait = await browser.post(address, codes(60, 61))
      expect(wait).toMatchObject({ status: 429, code: 'n_failed_attempts' })
      expect(wait.headers['retry-after']).toBe('1')
      site.clock.advance(1)
      expect((await browser.post(address, codes(60, 61))).location).toBe(`${profile}?done=synchronised`)
      const { rows } = await database.pool.query('select counter from hotp_devices where id = $1', [device.id])
      expect(rows).toEqual([{ counter: '62' }])
    })

    it('is neither confirmed nor resynced by another user', async () => {
      const owner = await signIn(site, await createTestUser(site))
      const added = await owner.post(`${tokens}/add`, { name: 'Theirs', key: key.toString('hex') })
      const stranger = await signIn(site, await createTestUser(site))
      const confirm = added.location ?? ''
      expect((await stranger.get(confirm)).status).toBe(404)
      expect((await stranger.post(confirm, { otp_token: generateHotp(key, 0, 6) })).status).toBe(404)
      expect((await stranger.get(confirm.replace('confirm', 'synchronise'))).status).toBe(404)
    })
  })
})
