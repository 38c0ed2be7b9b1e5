import { isDeepStrictEqual } from 'node:util'
import express from 'express'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requires } from '../../src/auth/guards/requires.js'
import type { Database } from '../../src/db/connect.js'
import { openHostSite } from '../auth/host-site.js'
import type { HttpResponse, HttpBrowser } from '../support/http-browser.js'
import { openTestDatabase } from '../support/database.js'
import { addToNewGroup } from '../support/groups.js'
import {
  createTestUser,
  type TestUser,
  signIn,
  startTestSite,
  type TestSite,
  type TestUserTraits,
} from '../support/site.js'

const login = '/account/login'
const verify = '/account/verify'
const profile = '/account/two-factor'
const change = '/account/password/change'

let database: Database
let site: TestSite
const others: TestSite[] = []
beforeAll(async () => {
  database = await openTestDatabase()
  site = await startTestSite(database, { OTP_POLICY: 'off', OTP_EMAIL: 'true', BASE_URL: 'http://localhost:0' })
})
afterAll(async () => {
  await Promise.all([site, ...others].map((each) => each.close()))
  await database.close()
})

interface Waiting {
  person: TestUser
  browser: HttpBrowser
}

interface Row {
  title: string
  traits?: TestUserTraits
  path: (person: TestUser) => string
  form: (person: TestUser) => Record<string, string>
  /** The state before the form is submitted. */
  before?: (waiting: Waiting) => Promise<unknown>
  /** What happens while it waits. @returns the site that continues from then on */
  meanwhile: (waiting: Waiting) => Promise<TestSite | void>
  expected: { status: number; location?: string; code?: string }
}

/** The same site after a restart, with other settings. */
async function restarted(settings: Record<string, string>): Promise<TestSite> {
  const twin = await startTestSite(
    database,
    { OTP_POLICY: 'off', BASE_URL: site.baseUrl, LOGIN_ADDRESS_LIMIT: '0', ...settings },
    undefined,
    { clock: site.clock },
  )
  others.push(twin)
  return twin
}

const newPassword = ({ password }: TestUser) => ({ password, new_password: 'another good one' })
const renamePath = ({ app }: TestUser) => `${profile}/devices/${app?.persistentId}/rename`
const newAddress = (person: TestUser) => ({ email: `new.${person.email}`, password: person.password })
const onlyBackupTokens = { app: false, backupTokens: 6, staff: false }

const rows: readonly Row[] = [
  {
    title: 'others used up the attempts of one IP address',
    path: () => change,
    form: ({ password }) => ({ password, new_password: password }),
    async meanwhile() {
      const twin = await restarted({ LOGIN_ADDRESS_LIMIT: '3' })
      const tries: number[] = []
      for (let nobody = 0; nobody < 5; nobody += 1)
        tries.push((await twin.browser().post(login, { username: `n${nobody}@example.com`, password: 'wrong' })).status)
      expect(tries).toContain(429)
      return twin
    },
    expected: { status: 303, location: `${profile}?done=password_changed` },
  },
  {
    title: 'the password was guessed in another session',
    path: () => change,
    form: newPassword,
    async meanwhile({ person }) {
      const other = await verifiedNow(person)
      for (let guess = 0; guess < 40; guess += 1) {
        const { retryAfter } = await guessAt(other, guess)
        if (retryAfter > 40) return
        site.clock.advance(retryAfter)
      }
    },
    expected: { status: 429, code: 'too_many_requests' },
  },
  {
    title: 'the hourly limit of links was emailed',
    path: () => '/account/email',
    form: newAddress,
    async meanwhile({ person }) {
      const other = await verifiedNow(person)
      for (let mail = 0; mail < 5; mail += 1)
        await other.post('/account/email', { ...newAddress(person), email: `n${mail}.${person.email}` })
    },
    expected: { status: 429, code: 'too_many_requests' },
  },
  {
    title: 'the site requires a second factor for everyone (strict)',
    traits: onlyBackupTokens,
    path: () => change,
    form: newPassword,
    meanwhile: () => restarted({ OTP_POLICY: 'strict' }),
    expected: { status: 302, location: `${profile}/setup` },
  },
  {
    title: 'the site requires that, and only accepts invited people',
    traits: onlyBackupTokens,
    path: () => change,
    form: newPassword,
    meanwhile: () => restarted({ OTP_POLICY: 'strict', OTP_ENROLMENT: 'invite' }),
    expected: { status: 302, location: `${profile}/setup` },
  },
  {
    title: 'the site only accepts invited people',
    path: renamePath,
    form: () => ({ name: 'Renamed' }),
    meanwhile: () => restarted({ OTP_ENROLMENT: 'invite' }),
    expected: { status: 303, location: `${profile}?done=renamed` },
  },
  {
    title: 'the site no longer offers email',
    path: () => `${profile}/email/add`,
    form: () => ({}),
    meanwhile: () => restarted({ OTP_EMAIL: 'false' }),
    expected: { status: 302, location: profile },
  },
  {
    title: 'turning two-factor authentication off is no longer allowed',
    path: () => `${profile}/disable`,
    form: () => ({ confirm: 'yes' }),
    meanwhile: () => restarted({ OTP_POLICY: 'everyone' }),
    expected: { status: 422, code: 'policy' },
  },
  {
    title: 'a group of the user requires another kind of device',
    path: renamePath,
    form: () => ({ name: 'Renamed' }),
    meanwhile: async ({ person }) =>
      void (await addToNewGroup(database, [person.id], { otpPolicy: 'everyone', kinds: ['webauthn'] })),
    expected: { status: 302, location: `${profile}/setup` },
  },
  {
    title: 'a group of the user is strict',
    traits: onlyBackupTokens,
    path: () => change,
    form: newPassword,
    meanwhile: async ({ person }) => void (await addToNewGroup(database, [person.id], { otpPolicy: 'strict' })),
    expected: { status: 302, location: `${profile}/setup` },
  },
  {
    title: 'the grace period has ended',
    path: renamePath,
    form: () => ({ name: 'Renamed' }),
    async before({ person }) {
      await addToNewGroup(database, [person.id], { otpPolicy: 'staff', kinds: ['webauthn'], graceDays: 1 })
      const since = new Date(site.clock.now().getTime() - (24 * 3600 - 100) * 1000)
      await database.pool.query('update users set policy_since = $1 where id = $2', [since, person.id])
    },
    async meanwhile() {
      site.clock.advance(150)
    },
    expected: { status: 302, location: `${profile}/setup` },
  },
  {
    title: 'the device of the form was removed elsewhere',
    path: renamePath,
    form: () => ({ name: 'Renamed' }),
    traits: { backupTokens: 4 },
    async meanwhile({ person }) {
      await database.pool.query('delete from totp_devices where user_id = $1', [person.id])
    },
    expected: { status: 404, code: 'not_found' },
  },
]

async function guessAt(browser: HttpBrowser, guess: number): Promise<{ retryAfter: number }> {
  const { headers } = await browser.post(change, { password: `wrong ${guess}`, new_password: 'another good one' })
  return { retryAfter: Number(headers['retry-after'] ?? 0) }
}

function browserLike(browser: HttpBrowser, at: TestSite): HttpBrowser {
  const copy = at.browser()
  for (const [name, value] of browser.cookies) copy.cookies.set(name, value)
  return copy
}

function tokenOf(person: TestUser): Record<string, string> {
  const otp_token = person.backupTokens.pop()
  if (otp_token) return { otp_device: person.backup?.persistentId ?? '', otp_token }
  site.clock.advance(30)
  return { otp_token: person.code() }
}

async function verifiedNow(person: TestUser): Promise<HttpBrowser> {
  const browser = site.browser()
  await browser.post(login, { username: person.email, password: person.password })
  expect((await browser.post(login, tokenOf(person))).status).toBe(303)
  return browser
}

const bare = ({ status, location, code }: HttpResponse) => ({ status, location, code })

/** Everything that a form of these rows could have changed. */
async function stateOf({ id }: TestUser): Promise<unknown> {
  const sql = `select password_hash, email, auth_epoch,
    (select array_agg(name) from totp_devices where user_id = u.id) as names,
    (select count(*) from email_devices where user_id = u.id) as mailboxes,
    (select count(*) from one_time_links where user_id = u.id) as links from users u where id = $1`
  return (await database.pool.query(sql, [id])).rows
}

describe('a saved form follows the rules of the moment', () => {
  it.each(rows)('when in the meantime $title', async (row) => {
    const person = await createTestUser(site, row.traits)
    const browser = await verifiedNow(person)
    site.clock.advance(301)
    const [path, form] = [row.path(person), row.form(person)]
    await row.before?.({ person, browser })
    const away = await browser.post(path, form)
    expect(away.location).toMatch(/^\/account\/verify\?next=/)
    const at = browserLike(browser, (await row.meanwhile({ person, browser })) ?? site)
    const state = await stateOf(person)
    const resumed = await at.post(verify, { ...tokenOf(person), next: path })
    expect(resumed).toMatchObject(row.expected)
    const isDone = resumed.location?.includes('done=') ?? false
    expect(isDone || isDeepStrictEqual(await stateOf(person), state)).toBe(true)
    expect(bare(await at.post(path, form))).toEqual(bare(resumed))
  })

  it("is not completed while the user's own attempts are used up, and neither is a new one", async () => {
    const person = await createTestUser(site)
    const browser = await verifiedNow(person)
    site.clock.advance(301)
    await browser.post(renamePath(person), { name: 'Renamed' })
    const twin = await restarted({ LOGIN_ADDRESS_LIMIT: '3' })
    const other = browserLike(await verifiedNow(person), twin)
    for (let guess = 0; guess < 5; guess += 1) await guessAt(other, guess)
    const at = browserLike(browser, twin)
    const state = await stateOf(person)
    for (const next of [renamePath(person), change]) {
      const token = await at.post(verify, { ...tokenOf(person), next })
      expect(token).toMatchObject({ status: 429, code: 'n_failed_attempts' })
    }
    expect((await at.post(renamePath(person), { name: 'Renamed' })).location).toMatch(/^\/account\/verify\?next=/)
    expect(await stateOf(person)).toEqual(state)
  })

  it('is not completed once the password was changed elsewhere', async () => {
    const person = await createTestUser(site)
    const browser = await verifiedNow(person)
    site.clock.advance(301)
    await browser.post(renamePath(person), { name: 'Renamed' })
    const other = await verifiedNow(person)
    expect((await other.post(change, newPassword(person))).location).toContain('done=password_changed')
    const resumed = await browser.post(verify, { ...tokenOf(person), next: renamePath(person) })
    expect(resumed.location).toMatch(/^\/account\/login/)
    const { rows: found } = await database.pool.query('select name from totp_devices where user_id = $1', [person.id])
    expect(found).toEqual([{ name: 'App' }])
    await signIn(site, { ...person, password: 'another good one' }, browser)
    const later = await browser.post(verify, { ...tokenOf(person), next: renamePath(person) })
    expect(later).toMatchObject({ status: 303, location: renamePath(person) })
  })
})

describe('a form for the panel', () => {
  it.each(['records/%id/resetSecondFactor', 'records/%id/giveBackupToken', 'records/%id/edit'])(
    'is never saved, so that no token completes it: users/%s',
    async (call) => {
      const boss = await createTestUser(site, { superuser: true })
      const person = await createTestUser(site)
      const browser = await verifiedNow(boss)
      site.clock.advance(301)
      const path = `/admin/api/resources/users/${call.replace('%id', String(person.id))}`
      const before = (await database.pool.query('select count(*) from kept_requests')).rows
      const headers = { Accept: 'text/html', 'Content-Type': 'application/x-www-form-urlencoded' }
      const stale = await browser.visit(path, { method: 'POST', body: 'deliver=page', headers })
      expect(stale).toMatchObject({ status: 403, code: 'step_up_required' })
      expect((await database.pool.query('select count(*) from kept_requests')).rows).toEqual(before)
      const state = await stateOf(person)
      await browser.post(verify, { ...tokenOf(boss), next: path })
      expect(await stateOf(person)).toEqual(state)
    },
  )
})

describe('a form for a host route that requires a permission of a group', () => {
  let host: TestSite
  beforeAll(async () => {
    host = await openHostSite(
      (app, auth) => {
        app.post('/panel-help', requires(auth, { maxAge: 60 }), (req, res, next) =>
          req.user?.groups.some(({ permissions }) => permissions.includes('users.unlock'))
            ? next()
            : void res.sendStatus(403),
        )
        app.post('/panel-help', express.urlencoded(), (req, res) => void res.json(req.body))
      },
      { OTP_POLICY: 'off' },
    )
  })
  afterAll(() => host.close())

  it.each([
    ['left with the person', null, 200],
    ['taken away from the group', `update groups set permissions = '{}' where id = $1`, 403],
    ['lost with the group', 'delete from user_groups where group_id = $1', 403],
  ])('follows the permission at that moment: %s', async (_what, sql, status) => {
    const person = await createTestUser(host, { groups: [] })
    const group = await addToNewGroup(host.database, [person.id], { permissions: ['users.unlock'] })
    const browser = await signIn(host, person)
    host.clock.advance(301)
    await browser.post('/panel-help', { a: '1' })
    if (sql) await host.database.pool.query(sql, [group])
    expect((await browser.post(verify, { otp_token: person.code(), next: '/panel-help' })).status).toBe(status)
    expect((await browser.post('/panel-help', { a: '1' })).status).toBe(status)
  })
})
