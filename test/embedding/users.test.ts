import { scryptSync } from 'node:crypto'
import { afterAll, beforeEach, beforeAll, describe, expect, test } from 'vitest'
import { unlockUser } from '../../src/auth/unlock-user.js'
import { createHostUsers } from '../../src/auth/host-users/host-users.js'
import type { HostUser, UsersAdapter } from '../../src/auth/host-users/users-adapter.js'
import { noClient } from '../../src/client-info.js'
import { addTotpDevice } from '../../src/kinds/totp/add-device.js'
import { generateHotp, timeStep } from '../../src/otp/tokens/oath.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { type Host, startHost } from './host.js'

interface Person extends HostUser {
  login: string
  hash: Buffer
}

const hash = (password: string) => scryptSync(password, 'salt', 32, { N: 1024 })
const secret = Buffer.from('12345678901234567890')

let people: Person[] = []
let calls: string[] = []
let failure: Error | null = null

const adapter: UsersAdapter<Person> = {
  findByLogin: async (login) => {
    calls.push(`login ${login}`)
    if (failure) throw failure
    return people.find((person) => person.login === login)
  },
  find: async (id) => {
    calls.push(`id ${id}`)
    if (failure) throw failure
    return people.find((person) => String(person.id) === id)
  },
  checkPassword: async (person, password) => hash(password).equals(person.hash),
  checkDummyPassword: async () => void calls.push('dummy'),
}

function ownCause(message: string): Error {
  const made = new Error(message)
  made.cause = made
  return made
}
function throwOnRead(): never {
  throw new TypeError('cannot be read')
}

function add(person: Partial<Person> & { id: string | number; login: string }): Person {
  const whole = { email: `${person.login}@example.com`, isStaff: true, hash: hash('old bean soup'), ...person }
  people.push(whole)
  return whole
}

describe('users in the table of an application', () => {
  let host: Host
  beforeAll(async () => {
    host = await startHost({ users: adapter })
  })
  beforeEach(() => {
    people = []
    calls = []
    failure = null
  })
  afterAll(() => host.close())

  const rows = async () => (await host.database.pool.query('select * from users order by id')).rows
  const rowOf = async (id: string | number) => (await rows()).find((row) => row.external_id === String(id))
  const password = (person: { login: string }, browser: HttpBrowser, typed = 'old bean soup') =>
    browser.post('/account/login', { username: person.login, password: typed })

  /** Signs in with both steps, with an app that is added at the first sign-in. */
  async function signIn(person: Person, browser = host.browser()): Promise<HttpBrowser> {
    await password(person, browser)
    const { id } = await rowOf(person.id)
    const { rows: devices } = await host.database.pool.query('select id from totp_devices where user_id = $1', [id])
    if (devices.length === 0) {
      await host.database.sequelize.transaction((transaction) =>
        addTotpDevice(host.otp, transaction, {
          user: { id, email: person.email },
          name: 'App',
          secret,
          confirmed: true,
        }),
      )
      await password(person, browser)
    }
    host.clock.advance(30)
    const answer = await browser.post('/account/login', {
      otp_token: generateHotp(secret, timeStep(host.clock.now(), 30, 0), 6),
    })
    expect([answer.status, answer.location]).toEqual([303, '/admin'])
    return browser
  }

  test('sign in with its logins, and get a row at the first sign-in', async () => {
    const ada = add({ id: 'u-1', login: 'ada', name: 'Ada' })
    const browser = await signIn(ada)
    expect((await browser.get('/admin')).status).toBe(200)
    expect(await rowOf('u-1')).toMatchObject({
      email: 'ada@example.com',
      name: 'Ada',
      is_staff: true,
      password_hash: null,
    })
  })

  test('are throttled after ten wrong passwords, until an administrator unlocks them', async () => {
    const mia = add({ id: 'wait-1', login: 'mia', isStaff: false })
    expect((await password(mia, host.browser())).status).toBe(303)
    for (let attempt = 0; attempt < 11; attempt += 1) await password(mia, host.browser(), `wrong-${attempt}`)
    // The site does not know about a new password in the application's table, so the throttle stays.
    mia.hash = hash('new bean soup')
    expect((await password(mia, host.browser(), 'new bean soup')).status).toBe(429)
    const { id } = await rowOf('wait-1')
    await host.database.sequelize.transaction((transaction) =>
      unlockUser(host.otp, transaction, { userId: id, actorId: null, client: noClient }),
    )
    expect((await password(mia, host.browser(), 'new bean soup')).status).toBe(303)
  })

  test('a wrong password, an unknown login and an inactive user get the same response, and no row', async () => {
    const off = add({ id: 2, login: 'off', isActive: false })
    const on = add({ id: 3, login: 'on' })
    const answers = [
      await password(on, host.browser(), 'wrong'),
      await password({ login: 'nobody' }, host.browser()),
      await password(off, host.browser()),
      await password({ login: ' ' }, host.browser()),
    ]
    const pages = answers.map(({ status, code, text }) => [
      status,
      code,
      text.replace(/value="[^"]*"/g, '').replace(/ autofocus/g, ''),
    ])
    expect(new Set(pages.map(String)).size).toBe(1)
    expect(answers[0]?.code).toBe('invalid_login')
    expect(calls.filter((each) => each === 'dummy')).toHaveLength(2)
    expect([await rowOf(2), await rowOf(3)]).toEqual([undefined, undefined])
  })

  test('a user who is deactivated there is signed out on the next request, and cannot sign in', async () => {
    const person = add({ id: 4, login: 'four' })
    const browser = await signIn(person)
    person.isActive = false
    expect((await browser.get('/admin')).location).toBe('/account/login?next=%2Fadmin')
    person.isActive = true
    expect((await browser.get('/admin')).location).toBe('/account/login?next=%2Fadmin')
    expect((await (await signIn(person)).get('/admin')).status).toBe(200)
  })

  test('a user who is deleted there is signed out on the next request', async () => {
    const browser = await signIn(add({ id: 5, login: 'five' }))
    people = []
    expect((await browser.get('/admin')).status).toBe(302)
  })

  test('a user who is deactivated between password and token cannot sign in', async () => {
    const person = add({ id: 6, login: 'six' })
    await signIn(person)
    const browser = host.browser()
    await password(person, browser)
    person.isActive = false
    host.clock.advance(30)
    const answer = await browser.post('/account/login', {
      otp_token: generateHotp(secret, timeStep(host.clock.now(), 30, 0), 6),
    })
    expect(answer.status).toBe(422)
    expect((await browser.get('/admin')).status).toBe(302)
  })

  test('a user who is no longer staff there loses access to the panel on the next request', async () => {
    const person = add({ id: 7, login: 'seven' })
    const browser = await signIn(person)
    person.isStaff = false
    const answer = await browser.get('/admin')
    expect([answer.status, answer.code]).toEqual([403, 'not_staff'])
  })

  test('a changed epoch ends every session', async () => {
    const person = add({ id: 8, login: 'eight', epoch: 'one' })
    const [first, second] = [await signIn(person), await signIn(person)]
    person.epoch = 'two'
    expect((await first.get('/admin')).status).toBe(302)
    expect((await second.get('/admin')).status).toBe(302)
    expect((await (await signIn(person)).get('/admin')).status).toBe(200)
  })

  test('a changed email address there is used from the next request on', async () => {
    const person = add({ id: 9, login: 'nine' })
    const browser = await signIn(person)
    person.email = 'elsewhere@example.com'
    await browser.get('/account/two-factor')
    expect((await rowOf(9)).email).toBe('elsewhere@example.com')
  })

  test('two users can have the same email address, and stay separate', async () => {
    const one = add({ id: 10, login: 'ten', email: 'shared@example.com' })
    const other = add({ id: 11, login: 'eleven', email: 'Shared@example.com' })
    await signIn(one)
    await signIn(other)
    expect((await rowOf(10)).id).not.toBe((await rowOf(11)).id)
  })

  test('two first sign-ins at the same time create one row', async () => {
    const person = add({ id: 'x'.repeat(255), login: 'twelve' })
    await Promise.all([0, 1, 2, 3].map(() => password(person, host.browser())))
    expect((await rows()).filter(({ external_id }) => external_id === person.id)).toHaveLength(1)
    const { rows: created } = await host.database.pool.query(
      `select count(*)::int as count from audit_events where event = 'user_created' and user_id = $1`,
      [(await rowOf(person.id)).id],
    )
    expect(created).toEqual([{ count: 1 }])
  })

  test.each<[string, object]>([
    ['an ID of 256 characters', { id: 'x'.repeat(256) }],
    ['an object as the ID', { id: { toString: () => '1' } }],
    ['an ID that contains NUL', { id: 'a\0b' }],
    ['no ID', { id: null }],
    ['an ID that is not an integer', { id: 1.5 }],
    ['a list of email addresses', { email: 'a@example.com, b@example.com' }],
    ['an email address with a line break', { email: 'a@example.com\r\nBcc: b@example.com' }],
    ['no email address', { email: undefined }],
    ['a name that contains NUL', { name: 'a\0b' }],
    ['a flag that is a string', { isStaff: 'false' }],
    ['a flag that is a number', { isSuperuser: 1 }],
    ['an epoch that is an object', { epoch: {} }],
  ])('%s causes a 500, and changes nothing', async (_what, wrong) => {
    const person = add({ id: 13, login: 'thirteen' })
    Object.assign(person, wrong)
    const before = await rows()
    const browser = host.browser()
    expect((await password(person, browser)).status).toBe(500)
    expect((await browser.get('/admin')).status).toBe(302)
    expect(await rows()).toEqual(before)
    expect(host.log.join('')).toContain('host_user_invalid')
  })

  test('an adapter that throws causes a 500, and nobody is signed in or out', async () => {
    const person = add({ id: 14, login: 'fourteen' })
    const browser = await signIn(person)
    failure = new Error('the table of secrets is unreachable')
    const answers = [await browser.get('/admin'), await password(person, host.browser())]
    expect(answers.map(({ status }) => status)).toEqual([500, 500])
    expect(answers.map(({ text }) => text).join('')).not.toContain('table of secrets')
    failure = null
    expect((await browser.get('/admin')).status).toBe(200)
  })

  test.each<[string, () => Error, string]>([
    ['is frozen', () => Object.freeze(new Error('the directory sleeps')), 'the directory sleeps'],
    ['is its own cause', () => ownCause('the directory sleeps'), 'the directory sleeps'],
    ['cannot be read', () => new Proxy(new Error('the directory sleeps'), { get: throwOnRead }), '"err"'],
    [
      'contains values of a statement',
      () => Object.assign(new Error('the directory sleeps'), { sql: 'select 1', parameters: ['a secret value'] }),
      'the directory sleeps',
    ],
  ])('an error that %s gets the error page and is logged without its values', async (_name, make, logged) => {
    const person = add({ id: 34, login: 'thirtyfour' })
    const browser = await signIn(person)
    failure = make()
    host.log.length = 0
    for (const answer of [await browser.get('/admin'), await password(person, host.browser())]) {
      expect(answer).toMatchObject({ status: 500, code: 'internal' })
      expect(answer.text).not.toMatch(/directory|node_modules/)
    }
    failure = null
    expect(host.log.join('')).toContain(logged)
    expect(host.log.join('')).not.toMatch(/a secret value|circular-ref-tag|call stack/)
  })

  test('pages for what the application manages do not exist and are not linked', async () => {
    const browser = await signIn(add({ id: 15, login: 'fifteen' }))
    for (const path of ['/account/password/forgot', '/account/password/change', '/account/email'])
      expect(await browser.get(path)).toMatchObject({ status: 404 })
    const pages = [await browser.get('/account/two-factor'), await host.browser().get('/account/login')]
    for (const { text } of pages) expect(text).not.toMatch(/href="\/account\/(password|email)/)
    expect(pages[1]?.text).toContain('type="text"')
  })

  test('the panel shows their flags, which nobody can change there', async () => {
    const boss = add({ id: 16, login: 'boss', isSuperuser: true })
    const clerk = add({ id: 17, login: 'clerk' })
    await signIn(clerk)
    const browser = await signIn(boss)
    const { id } = await rowOf(17)
    const record = `/admin/api/resources/users/records/${id}`
    expect(JSON.parse((await browser.get(`${record}/show`)).text).record.params).toMatchObject({ is_staff: true })
    const shown = JSON.parse((await browser.get(`${record}/show`)).text).record.recordActions
    expect(shown.map(({ name }: { name: string }) => name)).not.toContain('edit')
    const changed = await browser.visit(`${record}/edit`, { method: 'POST', form: { is_superuser: 'true' } })
    expect([changed.status, changed.code]).toEqual([403, 'not_allowed'])
    expect((await rowOf(17)).is_superuser).toBe(false)
  })

  test('nobody can be added in the panel, and no page offers it', async () => {
    const browser = await signIn(add({ id: 19, login: 'boss-19', isSuperuser: true }))
    const form = { email: 'nobody.here@example.com', deliver: 'page' }
    const added = await browser.visit('/admin/api/resources/users/actions/new', { method: 'POST', form })
    expect([added.status, added.code]).toEqual([403, 'not_allowed'])
    const { rows } = await host.database.pool.query('select from users where email = $1', [form.email])
    expect(rows).toEqual([])
    const { text } = await browser.get('/admin/resources/users')
    const state = JSON.parse(/id="panel-state">(.*?)<\/script>/.exec(text)?.[1] ?? '{}')
    const people = state.resources.find(({ id }: { id: string }) => id === 'users')
    expect(people.resourceActions.map(({ name }: { name: string }) => name)).not.toContain('new')
    expect((await browser.get('/admin/resources/users/actions/new')).status).toBe(404)
  })

  test('another user’s password is rejected, whichever user the adapter finds under the ID', async () => {
    const other = add({ id: 18, login: 'eighteen' })
    const loose = createHostUsers({ ...adapter, find: async () => other }, host)
    expect(await loose.isPasswordOf('18', 'old bean soup')).toBe(true)
    expect(await loose.isPasswordOf('018', 'old bean soup')).toBe(false)
  })

  test('a user who was promoted there has the rank that they have there now', async () => {
    const clerk = add({ id: 21, login: 'clerk-21' })
    const target = add({ id: 22, login: 'target-22' })
    await signIn(target)
    const browser = await signIn(clerk)
    const everything = "select $1, id from groups where name = 'Administrators'"
    const { id: clerkId } = await rowOf(21)
    await host.database.pool.query(`insert into user_groups (user_id, group_id) ${everything}`, [clerkId])
    target.isSuperuser = true
    const api = '/admin/api/resources'
    const { id } = await rowOf(22)
    const { rows: apps } = await host.database.pool.query('select id from totp_devices where user_id = $1', [id])
    const { rows: trusted } = await host.database.pool.query(
      `insert into trusted_browsers (user_id, device, series_hash, token_hash, rotated_at, created_at, expires_at)
      values ($1, 'totp/1', 'series', 'token', now(), now(), now() + interval '1 day') returning id`,
      [id],
    )
    const stale = () => host.database.pool.query('update users set is_superuser = false where id = $1', [id])
    for (const call of [
      `users/records/${id}/giveBackupToken`,
      `totp_devices/records/${apps[0].id}/edit`,
      `totp_devices/records/${apps[0].id}/delete`,
      `trusted_browsers/records/${trusted[0].id}/delete`,
    ]) {
      await stale()
      const form = { confirmed: 'false' }
      expect([call, await browser.post(`${api}/${call}`, form)]).toMatchObject([
        call,
        { status: 403, code: 'not_allowed' },
      ])
      expect((await rowOf(22)).is_superuser).toBe(true)
    }
  })

  test('a row that the site created signs nobody in, even with a password', async () => {
    const { hashPassword } = await import('../../src/crypto/hash-password.js')
    await host.database.models.User.create({
      email: 'ours@example.com',
      password_hash: await hashPassword('old bean soup'),
      is_staff: true,
    })
    expect((await password({ login: 'ours@example.com' }, host.browser())).code).toBe('invalid_login')
  })
})

describe('users whom the site caches for a while', () => {
  let host: Host
  beforeAll(async () => {
    host = await startHost({ users: { ...adapter, cacheSeconds: 60 } })
  })
  beforeEach(() => {
    people = []
    failure = null
  })
  afterAll(() => host.close())

  async function enter(person: Person): Promise<HttpBrowser> {
    const browser = host.browser()
    await browser.post('/account/login', { username: person.login, password: 'old bean soup' })
    await statusOf(browser)
    return browser
  }
  const statusOf = async (browser: HttpBrowser) => (await browser.get('/account/two-factor')).status
  /** Replaces a user as another process does. Objects that were returned before stay unchanged. */
  const change = (person: Person, changes: Partial<Person>) => {
    people = people.map((each) => (each === person ? { ...person, ...changes } : each))
  }

  test('stay signed in after a sign-in with another epoch, and are signed out everywhere else', async () => {
    const person = add({ id: 31, login: 'lena', isStaff: false, epoch: 'one' })
    const before = await enter(person)
    change(person, { epoch: 'two' })
    const after = await enter(person)
    expect([await statusOf(after), await statusOf(before), await statusOf(after)]).toEqual([200, 302, 200])
  })

  test('do not regain flags that another process has removed', async () => {
    const person = add({ id: 32, login: 'mona', isSuperuser: true })
    const browser = await enter(person)
    change(person, { isStaff: false, isSuperuser: false })
    await host.database.pool.query(`update users set is_staff = false, is_superuser = false where external_id = '32'`)
    await statusOf(browser)
    const { rows } = await host.database.pool.query(`select is_staff, is_superuser from users where external_id = '32'`)
    expect(rows).toEqual([{ is_staff: false, is_superuser: false }])
  })
})

test('a user is cached only as long as the application allows', async () => {
  const host = await startHost({ users: { ...adapter, cacheSeconds: 5 } })
  people = []
  failure = null
  const person = add({ id: 1, login: 'one', isStaff: false })
  const browser = host.browser()
  await browser.post('/account/login', { username: person.login, password: 'old bean soup' })
  await browser.get('/account/two-factor')
  calls = []
  await browser.get('/account/two-factor')
  expect(calls).toEqual([])
  person.isActive = false
  host.clock.advance(6)
  expect((await browser.get('/account/two-factor')).status).toBe(302)
  expect(calls).toEqual(['id 1'])
  await host.close()
})
