import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrate } from '../../src/db/migrate.js'
import type { Database } from '../../src/db/connect.js'
import { findUnregisteredKinds } from '../../src/otp/kind-registry/unregistered-kinds.js'
import { builtInKinds } from '../../src/kinds/index.js'
import { inOrder } from '../../src/otp/kind-registry/register-kinds.js'
import { translatorFor } from '../../src/i18n/translator.js'
import { renderMail } from '../../src/notify/render-mail.js'
import { userHasDevice } from '../../src/otp/devices/devices-for-user.js'
import { addDevice, kindContract, noClient } from '../../src/index.js'
import { removeAllDevices } from '../../src/otp/devices/remove-all-devices.js'
import { purgeUnconfirmedDevices } from '../../src/otp/devices/purge-unconfirmed-devices.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { databaseKinds, openTestDatabase } from '../support/database.js'
import { addToNewGroup } from '../support/groups.js'
import { createUser, testOtp } from '../support/otp.js'
import { createTestUser, type TestUser, signIn, startTestSite, type TestSite } from '../support/site.js'
import { tokenOf, wordKind } from './tiny-kind/word-kind.js'

const kind = wordKind()
const add = '/account/two-factor/word/add'
const WORD = 'open sesame'

describe.each(databaseKinds())('a custom kind of device, on the %s database', (where) => {
  let database: Database
  let site: TestSite
  beforeAll(async () => {
    database = await openTestDatabase(where)
    await migrate(database, [kind])
    site = await startTestSite(database, {}, undefined, { kinds: [kind] })
  })
  afterAll(async () => {
    await site.close()
    await database.close()
  })

  /** Signs in a user with an app, who then adds a magic word and confirms it with the first token. */
  async function enrol(traits = {}): Promise<{ person: TestUser; browser: HttpBrowser; id: number }> {
    const person = await createTestUser(site, traits)
    const browser = await signIn(site, person)
    const started = await browser.post(add, { name: 'My word', word: WORD, hint: 'cave' })
    expect(started.location).toMatch(/^\/account\/two-factor\/word\/\d+\/confirm$/)
    const done = await browser.post(started.location ?? '', { otp_token: tokenOf(WORD, 1) })
    expect(done.location).toBe('/account/two-factor/setup/complete')
    return { person, browser, id: Number(started.location?.split('/').at(-2)) }
  }

  it('is offered by the wizard, which redirects to its setup', async () => {
    const browser = await signIn(site, await createTestUser(site))
    const choice = await browser.get('/account/two-factor/setup?step=method')
    expect(choice.text).toContain('value="word"')
    expect(choice.text).toContain('A word that only you know, and a number.')
    expect((await browser.post('/account/two-factor/setup', { method: 'word' })).location).toBe(add)
    const page = await browser.get(add)
    expect(page.text).toContain('<h1>Add a magic word</h1>')
    expect(page.text).toContain('<label for="word">Your word</label>')
  })

  it('is set up, confirmed with its first token, and signs in with the next one, never twice with the same', async () => {
    const { person, id } = await enrol()
    const browser = site.browser()
    await browser.post('/account/login', { username: person.email, password: person.password })
    const step = await browser.get('/account/login')
    expect(step.text).toContain('<label for="word_token">Word and number</label>')
    const submit = (count: number) =>
      browser.post('/account/login', { otp_device: `word/${id}`, otp_token: tokenOf(WORD, count) })
    expect((await submit(1)).code).toBe('invalid_token')
    site.clock.advance(2)
    expect((await submit(2)).location).toBe('/admin')
    expect((await browser.get('/admin')).status).toBe(200)
  })

  it('can trust the browser that it signs in from', async () => {
    const { person, id } = await enrol()
    const trusting = await startTestSite(database, { TRUST_BROWSER_DAYS: '30' }, undefined, { kinds: [kind] })
    const browser = trusting.browser()
    await browser.post('/account/login', { username: person.email, password: person.password })
    expect((await browser.get('/account/login')).text).toContain('id="word-trust-hint"')
    const form = { otp_device: `word/${id}`, otp_token: tokenOf(WORD, 2), trust_browser: 'on' }
    expect((await browser.post('/account/login', form)).location).toBe('/admin')
    const { rows } = await database.pool.query('select device from trusted_browsers where user_id = $1', [person.id])
    expect(rows).toEqual([{ device: `word/${id}` }])
    await trusting.close()
  })

  it('signs in with password and token in one form, found by the format of the token', async () => {
    const { person } = await enrol()
    const browser = site.browser()
    const both = { username: person.email, password: person.password, otp_token: tokenOf(WORD, 2) }
    expect((await browser.post('/account/login', both)).location).toBe('/admin')
  })

  it('is accepted for a step-up, in its own form', async () => {
    const { person, id, browser } = await enrol({ staff: true })
    site.clock.advance(301)
    expect((await browser.get(add)).location).toContain('/account/verify')
    expect((await browser.get('/account/verify')).text).toContain('id="word_token"')
    const form = { otp_device: `word/${id}`, otp_token: tokenOf(WORD, 2), next: add }
    expect((await browser.post('/account/verify', form)).location).toBe(add)
    expect(person.email).not.toBe('')
  })

  it('rejects an invalid form with its own text, echoes only fields that are not secret, and adds nothing', async () => {
    const browser = await signIn(site, await createTestUser(site))
    const rejected = await browser.post(add, { name: 'Mine', word: 'Abc', hint: 'a <hint>' })
    expect(rejected).toMatchObject({ status: 422, code: 'word_too_short' })
    expect(rejected.text).toContain('At least four small letters, please.')
    expect(rejected.text).toContain('value="a &lt;hint&gt;"')
    expect(rejected.text).not.toContain('value="Abc"')
    expect(await browser.post(add, { name: ' ', word: WORD })).toMatchObject({ status: 422, code: 'name_invalid' })
    expect((await browser.post(add, { name: 'Mine', word: 'x'.repeat(33) })).status).toBe(400)
    expect((await browser.post(add, { name: 'Mine', word: 'open\0sesame' })).status).toBe(400)
    expect((await browser.post(add)).status).toBe(400)
  })

  it('shows neither another user’s setup nor a finished one', async () => {
    const { browser, id } = await enrol()
    expect((await browser.get(`/account/two-factor/word/${id}/confirm`)).status).toBe(404)
    const other = await signIn(site, await createTestUser(site))
    const started = await other.post(add, { name: 'Theirs', word: WORD })
    expect((await browser.get(started.location ?? '')).status).toBe(404)
    expect((await browser.post(started.location ?? '', { otp_token: tokenOf(WORD, 1) })).status).toBe(404)
  })

  it('requires a recent token for its setup, whatever the HTTP method', async () => {
    const person = await createTestUser(site)
    const browser = site.browser()
    for (const visit of [() => browser.get(add), () => browser.post(add, { name: 'x', word: WORD })])
      expect((await visit()).location).toContain('/account/login')
    await browser.post('/account/login', { username: person.email, password: person.password })
    expect((await browser.post(add, { name: 'x', word: WORD })).location).toContain('/account/login')
  })

  it('is listed in the profile in the user’s language, and can be renamed and removed there', async () => {
    const { browser, id } = await enrol()
    const german = await browser.visit('/account/two-factor', { headers: { 'Accept-Language': 'de' } })
    expect(german.text).toContain('<span>Zauberwort</span>')
    expect(german.text).toContain('Zauberwort hinzufügen')
    const own = `/account/two-factor/devices/word/${id}`
    expect((await browser.post(`${own}/rename`, { name: 'Cave' })).location).toContain('done=renamed')
    expect((await browser.get('/account/two-factor')).text).toContain('<h3>Cave</h3>')
    expect((await browser.post(`${own}/remove`)).location).toContain('done=removed')
    expect((await browser.get('/account/two-factor')).text).not.toContain('Cave')
  })

  it('is listed, shown, renamed, disabled and deleted in the panel, which never shows its secret', async () => {
    const { person, id } = await enrol()
    const boss = await signIn(site, await createTestUser(site, { superuser: true }))
    const api = '/admin/api/resources/word_devices'
    const list = await boss.get(`${api}/actions/list`)
    expect(list.status).toBe(200)
    expect(list.text).toContain('"hint":"cave"')
    const shown = await boss.get(`${api}/records/${id}/show`)
    const secret = await database.pool.query('select secret from word_devices where id = $1', [id])
    for (const text of [list.text, shown.text]) {
      expect(text).not.toContain('secret')
      expect(text).not.toContain(secret.rows[0].secret)
      expect(text).not.toContain(WORD)
    }
    expect((await boss.get(`${api}/actions/list?filters.secret=v1`)).status).toBe(400)
    expect((await boss.get(`${api}/actions/list?sortBy=secret`)).status).toBe(400)
    expect((await boss.post(`${api}/records/${id}/edit`, { name: 'By boss', confirmed: 'false' })).status).toBe(200)
    const browser = site.browser()
    await browser.post('/account/login', { username: person.email, password: person.password })
    const form = { otp_device: `word/${id}`, otp_token: tokenOf(WORD, 2) }
    expect((await browser.post('/account/login', form)).code).toBe('invalid_token')
    expect((await boss.post(`${api}/records/${id}/delete`)).status).toBe(200)
    expect((await boss.get(`${api}/records/${id}/show`)).status).toBe(404)
    expect((await boss.get('/admin/resources/word_devices')).text).toContain('Magic words')
  })

  it('is visible and editable in the panel as far as the groups of the user allow', async () => {
    const { id } = await enrol()
    const api = '/admin/api/resources/word_devices'
    const [reader, other] = [await createTestUser(site, { groups: [] }), await createTestUser(site, { groups: [] })]
    await addToNewGroup(database, [reader.id], { permissions: ['word_devices.view'] })
    await addToNewGroup(database, [other.id], { permissions: ['totp_devices.view'] })
    const [reading, denied] = [await signIn(site, reader), await signIn(site, other)]
    expect((await reading.get(`${api}/actions/list`)).status).toBe(200)
    expect(await reading.post(`${api}/records/${id}/delete`)).toMatchObject({ status: 403, code: 'not_allowed' })
    expect(await denied.get(`${api}/actions/list`)).toMatchObject({ status: 403, code: 'not_allowed' })
    expect((await denied.get('/admin')).text).not.toContain('"id":"word_devices"')
  })

  it('cannot be changed in the panel by another origin', async () => {
    const { id } = await enrol()
    const boss = await signIn(site, await createTestUser(site, { superuser: true }))
    const visit = { method: 'POST', headers: { Origin: 'https://elsewhere.example', 'Sec-Fetch-Site': 'cross-site' } }
    const address = `/admin/api/resources/word_devices/records/${id}/delete`
    expect((await boss.visit(address, visit)).code).toBe('cross_origin')
  })

  it('is removed when an administrator resets the second factor, which ends its sessions', async () => {
    const { person, browser } = await enrol()
    const boss = await signIn(site, await createTestUser(site, { superuser: true }))
    const reset = await boss.post(`/admin/api/resources/users/records/${person.id}/resetSecondFactor`)
    expect(reset.status).toBe(200)
    const left = await database.pool.query('select from word_devices where user_id = $1', [person.id])
    expect(left.rowCount).toBe(0)
    expect((await browser.get('/account/two-factor')).location).toContain('/account/login')
  })

  it('has its name in emails, in the language of the recipient', () => {
    const mail = {
      mail: 'device-added' as const,
      by: 'owner' as const,
      to: 'a@example.com',
      name: 'Ada',
      language: 'en',
      kind: 'word',
      device: 'Mine',
      at: new Date(0),
      address: null,
      browser: null,
      link: 'https://admin.example.com/account/two-factor',
    }
    expect(renderMail(mail, 'Site', translatorFor('en')).text).toContain('Mine (Magic word)')
    expect(renderMail(mail, 'Site', translatorFor('de')).html).toContain('Mine (Zauberwort)')
  })

  it('has its ID in the audit log', async () => {
    const { person, id } = await enrol()
    const { rows } = await database.pool.query('select event from audit_events where user_id = $1 and device = $2', [
      person.id,
      `word/${id}`,
    ])
    expect(rows.map(({ event }) => event)).toContain('device_added')
  })

  it('is purged if it was never confirmed', async () => {
    const browser = await signIn(site, await createTestUser(site))
    const started = await browser.post(add, { name: 'Never', word: WORD })
    site.clock.advance(3601)
    await purgeUnconfirmedDevices(site.otp)
    expect((await database.pool.query(`select from word_devices where name = 'Never'`)).rowCount).toBe(0)
    expect(started.status).toBe(303)
  })

  it('never logs its secret', () => {
    expect(site.log.join('\n')).not.toContain(WORD)
    expect(site.log.join('\n')).not.toContain('open+sesame')
  })

  it('is a second factor where it is not registered, and is removed there with all devices', async () => {
    const otp = testOtp(database)
    const { id: userId } = await createUser(database)
    const columns = (id: number) => ({
      secret: otp.keys.seal(Buffer.from(WORD), { column: 'word_devices.secret', id }),
    })
    await database.sequelize.transaction((transaction) =>
      addDevice(otp, transaction, kind, { userId, name: 'Word', confirmed: true, columns }),
    )
    const absent = await findUnregisteredKinds(database, builtInKinds)
    expect(absent.map(({ name }) => name)).toEqual(['word'])
    const without = { ...otp, everyKind: inOrder([...builtInKinds, ...absent]) }
    // A process that started before the kind was registered also finds it.
    expect(await userHasDevice(otp, userId)).toBe(true)
    expect(await userHasDevice(without, userId)).toBe(true)
    const removal = { userId, client: noClient, by: 'command_line', actorId: null } as const
    const removed = await database.sequelize.transaction((transaction) =>
      removeAllDevices(without, transaction, removal),
    )
    expect(removed).toBe(1)
    expect(await userHasDevice(without, userId)).toBe(false)
  })

  const counts = new Map<string, number>()
  const checks = kindContract(kind, {
    database: () => database,
    wrongToken: tokenOf('wrong', 1),
    add: (otp, userId) =>
      otp.database.sequelize.transaction((transaction) =>
        addDevice(otp, transaction, kind, {
          userId,
          name: 'Word',
          confirmed: true,
          columns: (id) => ({ secret: otp.keys.seal(Buffer.from(WORD), { column: 'word_devices.secret', id }) }),
        }),
      ),
    async goodToken(_otp, { persistentId }) {
      const count = (counts.get(persistentId) ?? 0) + 1
      counts.set(persistentId, count)
      return tokenOf(WORD, count)
    },
  })
  it.each([...checks])('$title', ({ run: expectToHold }) => expectToHold())
})

it('a kind with a digit in its name can be set up by invitation like all others', async () => {
  const numbered = wordKind('w2d')
  const environment = { OTP_ENROLMENT: 'invite', OTP_POLICY: 'off' }
  const database = await openTestDatabase()
  await migrate(database, [numbered])
  const site = await startTestSite(database, environment, undefined, { kinds: [numbered] })
  const browser = await signIn(site, await createTestUser(site, { app: false }))
  for (const address of ['/account/two-factor/w2d/add', '/account/two-factor/w2d/1/confirm']) {
    const login = `/account/login?next=${encodeURIComponent(address)}`
    expect(await browser.get(address)).toMatchObject({ status: 302, location: login })
    expect(await browser.post(address, { name: 'Mine', word: WORD })).toMatchObject({ status: 302, location: login })
  }
  expect((await database.pool.query('select from w2d_devices')).rowCount).toBe(0)
  await site.close()
  await database.close()
})
