import { beforeAll, describe, expect, it } from 'vitest'
import { type SecondFactor, secondFactors } from '../../src/admin/resources/second-factor.js'
import { type UserStatus, userStatuses } from '../../src/admin/resources/user-status.js'
import { giveDevice, type StateOfDevice } from '../support/device-states.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { signIn } from '../support/site.js'
import { call, findGroup, stateOf } from './group-site.js'
import { callAction, listRecords, rowsOf, totalOf, usePanelSite } from './panel-site.js'

const site = usePanelSite()

const protectedBy: [SecondFactor, devices: [kind: string, state: StateOfDevice][], kinds: string][] = [
  ['none', [], ''],
  ['none', [['totp', 'unconfirmed']], ''],
  ['none', [['totp', 'administrator']], ''],
  ['none', [['hotp', 'failures']], ''],
  ['backup_only', [['static', 'active']], 'static'],
  [
    'backup_only',
    [
      ['static', 'active'],
      ['webauthn', 'sql'],
    ],
    'static',
  ],
  ['weak_only', [['phone', 'active']], 'phone'],
  [
    'weak_only',
    [
      ['email', 'active'],
      ['static', 'active'],
    ],
    'email,static',
  ],
  ['active', [['totp', 'active']], 'totp'],
  ['active', [['hotp', 'active']], 'hotp'],
  [
    'active',
    [
      ['webauthn', 'active'],
      ['phone', 'active'],
      ['static', 'unconfirmed'],
    ],
    'webauthn,phone',
  ],
]

const rowFor = async (browser: HttpBrowser, email: string) =>
  rowsOf(await listRecords(browser, 'users', { 'filters.email': email }))[0] ?? {}
const idsWith = async (filters: Record<string, string>) =>
  rowsOf(await listRecords(site().boss, 'users', { ...filters, perPage: '500' })).map(({ id }) => Number(id))
const invite = (id: number) => callAction(site().boss, 'users', id, 'invite', { deliver: 'page' })
const sorted = (ids: readonly number[]) => ids.toSorted((one, other) => one - other)

describe('the second factor of a person in the list', () => {
  const people = new Map<SecondFactor, number[]>(secondFactors.map((each) => [each, []]))
  beforeAll(async () => {
    for (const [state, devices] of protectedBy) {
      const { id } = await site().person({ staff: false, app: false })
      for (const [kind, deviceState] of devices) await giveDevice(site().otp, id, kind, deviceState)
      people.get(state)?.push(id)
    }
  })

  it.each(protectedBy)('is %s with the devices %j', async (state, devices, kinds) => {
    const person = await site().person({ app: false })
    for (const [kind, deviceState] of devices) await giveDevice(site().otp, person.id, kind, deviceState)
    const row = await rowFor(site().boss, person.email)
    expect(row['second_factor']).toBe(state)
    expect(String(row['active_kinds']).split(',').toSorted()).toEqual(kinds.split(',').toSorted())
  })

  it.each(secondFactors)('can be filtered by: %s', async (state) => {
    const found = await idsWith({ 'filters.second_factor': state, 'filters.is_staff': 'false' })
    expect(sorted(found)).toEqual(sorted(people.get(state) ?? []))
  })

  it('counts every person in exactly one of the four', async () => {
    const total = async (filters: Record<string, string> = {}) =>
      totalOf(await listRecords(site().boss, 'users', filters)) ?? 0
    const counts = await Promise.all(secondFactors.map((each) => total({ 'filters.second_factor': each })))
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(await total())
  })

  it('follows a change at once', async () => {
    const person = await site().person()
    expect(await rowFor(site().boss, person.email)).toMatchObject({ second_factor: 'active', active_kinds: 'totp' })
    await site().database.pool.query('update totp_devices set confirmed = false where user_id = $1', [person.id])
    expect(await rowFor(site().boss, person.email)).toMatchObject({ second_factor: 'none', active_kinds: '' })
  })
})

describe('the status of a person in the list', () => {
  const changes: Record<UserStatus, string> = {
    active: 'last_login_at = now()',
    never_signed_in: 'last_login_at = null',
    invited: 'last_login_at = null',
    deactivated: 'is_active = false, last_login_at = null',
  }

  it.each(userStatuses)('is shown and can be filtered by: %s', async (status) => {
    const { id, email } = await site().person({ staff: false })
    if (status === 'invited') await invite(id)
    await site().database.pool.query(`update users set ${changes[status]} where id = $1`, [id])
    expect((await rowFor(site().boss, email))['status']).toBe(status)
    for (const each of userStatuses)
      expect((await idsWith({ 'filters.status': each })).includes(id)).toBe(each === status)
  })

  it('is invited from the invitation until it was used, replaced by a reset, or the person signed in', async () => {
    const { id, email } = await site().person({ staff: false })
    const status = async () => (await rowFor(site().boss, email))['status']
    expect(await status()).toBe('never_signed_in')
    await invite(id)
    expect(await status()).toBe('invited')
    await callAction(site().boss, 'users', id, 'resetSecondFactor')
    expect(await status()).toBe('never_signed_in')
    await invite(id)
    await site().database.pool.query('update users set last_login_at = now() where id = $1', [id])
    expect(await status()).toBe('active')
  })
})

describe('the order by last sign-in', () => {
  it('has those who never signed in as the oldest, on every page and in exports', async () => {
    const people = await Promise.all([1, 2, 3, 4].map(() => site().person({ staff: false })))
    const times = [null, '2026-01-01', null, '2026-02-01']
    for (const [place, { id }] of people.entries())
      await site().database.pool.query('update users set last_login_at = $2 where id = $1', [id, times[place]])
    const [never, first, never2, last] = people.map(({ id }) => id)
    const from = { 'filters.email': '@example.com', sortBy: 'last_login_at' }
    const ids = new Set(people.map(({ id }) => id))
    const ordered = async (direction: string) => {
      const pages = [1, 2, 3, 4, 5, 6, 7, 8].map((page) => ({ ...from, direction, perPage: '10', page: String(page) }))
      const rows = []
      for (const page of pages) rows.push(...rowsOf(await listRecords(site().boss, 'users', page)))
      return rows.map(({ id }) => Number(id)).filter((id) => ids.has(id))
    }
    expect(await ordered('asc')).toEqual([never, never2, first, last])
    expect(await ordered('desc')).toEqual([last, first, never2, never])
    const { text } = await call(site().boss, 'users', 'export', {}, { ...from, direction: 'desc' })
    const exported = [...text.matchAll(/^"(\d+)"/gm)].map(([, id]) => Number(id)).filter((id) => ids.has(id))
    expect(exported).toEqual([last, first, never2, never])
  })
})

describe('a filter by one of a few values', () => {
  it.each([
    ['second_factor', 'strong'],
    ['second_factor', 'constructor'],
    ['second_factor', `none') or true --`],
    ['status', 'ACTIVE'],
    ['status', '__proto__'],
    ['active_kinds', 'totp'],
  ])('is rejected for anything else: %s %s', async (filter, value) => {
    expect(await listRecords(site().boss, 'users', { [`filters.${filter}`]: value })).toMatchObject({
      status: 400,
      code: 'bad_request',
    })
  })

  it('is rejected as a range, and as a column to sort by or search in', async () => {
    for (const query of [
      { 'filters.second_factor~~from': 'none' },
      { sortBy: 'second_factor' },
      { sortBy: 'status' },
      { sortBy: 'active_kinds' },
    ])
      expect(await listRecords(site().boss, 'users', query)).toMatchObject({ status: 400, code: 'bad_request' })
    const search = '/admin/api/resources/users/actions/search/none?searchProperty=second_factor'
    expect(await site().boss.get(search)).toMatchObject({ status: 400, code: 'bad_request' })
  })
})

describe('people who can see people but not every kind of device', () => {
  let browser: HttpBrowser
  beforeAll(async () => {
    await findGroup(site(), 'sees people and apps', ['users.view', 'users.export', 'totp_devices.view'])
    browser = await signIn(site(), await site().person({ groups: ['sees people and apps'] }))
  })

  it('see nobody’s second factor, in lists, records, searches and exports', async () => {
    const person = await site().person()
    const answers = [
      await listRecords(browser, 'users', { 'filters.email': person.email }),
      await browser.get(`/admin/api/resources/users/records/${person.id}/show`),
      await browser.get(`/admin/api/resources/users/actions/search/${encodeURIComponent(person.email)}`),
      await call(browser, 'users', 'export', {}, { 'filters.email': person.email }),
    ]
    for (const answer of answers) {
      expect(answer.status).toBe(200)
      expect(answer.text).toContain(person.email)
      expect(answer.text).not.toMatch(/"second_factor":"|"active_kinds":"|totp/)
    }
    expect((await rowFor(browser, person.email))['status']).toBe('never_signed_in')
  })

  it('cannot find it out with a filter, and are not offered one', async () => {
    for (const state of secondFactors)
      expect(await listRecords(browser, 'users', { 'filters.second_factor': state })).toMatchObject({
        status: 400,
        code: 'bad_request',
      })
    const offered = async (who: HttpBrowser) => {
      const users = (await stateOf(who)).resources.find(({ id }) => id === 'users')
      return [users?.listProperties, users?.filterProperties].map((all) => all?.map(({ name }) => name))
    }
    for (const names of await offered(browser)) expect(names).not.toContain('second_factor')
    for (const names of await offered(site().boss)) expect(names).toContain('second_factor')
  })

  it('export with everyone’s second factor if they see all of it', async () => {
    const person = await site().person()
    const { text } = await call(site().boss, 'users', 'export', {}, { 'filters.email': person.email })
    expect(text).toContain('"second_factor","active_kinds","status"')
    expect(text).toContain('"active","totp","never_signed_in"')
  })
})
