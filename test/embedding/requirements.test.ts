import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Requirements } from '../../src/admin/host/host-admin.js'
import type { Database } from '../../src/db/connect.js'
import { openTestDatabase } from '../support/database.js'
import { createTestUser, type TestUser, signIn, startTestSite, type TestSite } from '../support/site.js'
import { deviceModels } from '../support/device-models.js'

const api = '/admin/api/resources'

describe('requirements of an application for calls of the panel', () => {
  let database: Database
  let site: TestSite
  let other: TestUser
  beforeAll(async () => {
    database = await openTestDatabase()
    site = await open({
      'users.edit': null,
      'users.resetSecondFactor': { kinds: ['webauthn'], maxAge: 600 },
      'audit_events.*': { maxAge: 60 },
    })
    other = await createTestUser(site)
  })
  afterAll(async () => {
    await site.close()
    await database.close()
  })

  const open = (requirements: Requirements) => startTestSite(database, {}, undefined, { requirements })
  /** Returns a browser that signed in ten minutes ago. */
  const stale = async () => {
    const browser = await signIn(site, await createTestUser(site, { superuser: true }))
    site.clock.advance(600)
    return browser
  }

  it('null removes a requirement of the site', async () => {
    const browser = await stale()
    expect((await browser.post(`${api}/users/records/${other.id}/edit`, { name: 'Renamed' })).status).toBe(200)
    expect((await browser.post(`${api}/users/records/${other.id}/endSessions`)).code).toBe('step_up_required')
  })

  it('a required kind that the user does not have is reported as missing, and nothing is changed', async () => {
    const browser = await signIn(site, await createTestUser(site, { superuser: true }))
    const response = await browser.post(`${api}/users/records/${other.id}/resetSecondFactor`)
    expect(response).toMatchObject({ status: 403, code: 'requirement_unmet' })
    expect(JSON.parse(response.text).error.missing.kinds).toEqual(['webauthn'])
    expect(await deviceModels(database).TotpDevice.count({ where: { user_id: other.id } })).toBe(1)
  })

  it.each<[Requirements, number]>([
    [{ 'audit_events.list': { maxAge: 60 } }, 1],
    [{ 'audit_events.list': { maxAge: 60 }, 'audit_events.search': { maxAge: 60 } }, 1],
    [{ 'audit_events.list': { maxAge: 60 }, 'audit_events.show': { maxAge: 60 } }, 0],
    [{ 'audit_events.view': { maxAge: 60 } }, 0],
    [{ 'audit_events.*': { maxAge: 60 } }, 0],
    [{ 'audit_events.list': null }, 0],
  ])('a list that is protected while its records are not is reported in the log: %j', async (requirements, lines) => {
    const halfOpen = await open(requirements)
    expect(halfOpen.log.filter((line) => line.includes('requirement_partial'))).toHaveLength(lines)
    await halfOpen.close()
  })

  it('a requirement can apply to a whole resource, reading included', async () => {
    const browser = await stale()
    expect((await browser.get(`${api}/audit_events/actions/list`)).code).toBe('step_up_required')
    expect((await browser.get(`${api}/users/actions/list`)).status).toBe(200)
  })

  it('a requirement for a list also applies to its export and to the landing page', async () => {
    const careful = await open({ 'audit_events.*': { maxAge: 60 }, 'users.view': { kinds: ['webauthn'] } })
    const browser = await signIn(careful, await createTestUser(careful, { superuser: true }))
    const overview = async () => JSON.parse((await browser.get('/admin/api/dashboard')).text)
    const own = await overview()
    expect(own.withoutDevice).toBeNull()
    expect(new Set(own.events.map(({ email }: { email: unknown }) => email))).toEqual(new Set([null]))
    expect((await browser.post(`${api}/users/actions/export`)).code).toBe('requirement_unmet')
    expect((await browser.post(`${api}/audit_events/actions/export`)).status).toBe(200)
    careful.clock.advance(61)
    expect(await overview()).toEqual({ events: null, withoutDevice: null })
    expect((await browser.post(`${api}/audit_events/actions/export`)).code).toBe('step_up_required')
    await careful.close()
  })

  it('a requirement for showing a record also applies to every call that returns one', async () => {
    const careful = await open({ 'users.view': { kinds: ['webauthn'] } })
    const browser = await signIn(careful, await createTestUser(careful, { superuser: true }))
    for (const call of ['edit', 'endSessions', 'invite', 'giveBackupToken', 'resetSecondFactor'])
      expect((await browser.post(`${api}/users/records/${other.id}/${call}`)).code).toBe('requirement_unmet')
    const devices = await browser.get(`${api}/totp_devices/actions/list`)
    expect(devices.status).toBe(200)
    expect(devices.text).not.toContain(other.email)
    await careful.close()
  })

  it('a requirement for showing users also applies to a filter by a part of their email address', async () => {
    const careful = await open({ 'users.view': { kinds: ['webauthn'] } })
    const browser = await signIn(careful, await createTestUser(careful, { superuser: true }))
    const part = encodeURIComponent(other.email.slice(0, -3))
    const tables = [
      'totp_devices',
      'hotp_devices',
      'phone_devices',
      'static_devices',
      'user_groups',
      'trusted_browsers',
    ]
    for (const filter of [
      ...tables.map((table) => `${table}|user_id`),
      'audit_events|user_id',
      'audit_events|actor_id',
    ]) {
      const [table, column] = filter.split('|')
      const list = (value: string) => browser.get(`${api}/${table}/actions/list?filters.${column}=${value}`)
      expect({ filter, code: (await list(part)).code }).toEqual({ filter, code: 'bad_request' })
      expect({ filter, status: (await list(String(other.id))).status }).toEqual({ filter, status: 200 })
      const file = await browser.post(`${api}/${table}/actions/export?filters.${column}=${part}`)
      expect({ filter, open: file.status === 200 }).toEqual({ filter, open: false })
    }
    await careful.close()
    const usual = await open({})
    const everything = await signIn(usual, await createTestUser(usual, { superuser: true }))
    expect((await everything.get(`${api}/totp_devices/actions/list?filters.user_id=${part}`)).status).toBe(200)
    await usual.close()
  })

  it('the requirement for an export applies in addition to the one for its list', async () => {
    const careful = await open({ 'audit_events.view': { maxAge: 60 }, 'audit_events.export': null })
    const browser = await signIn(careful, await createTestUser(careful, { superuser: true }))
    expect((await browser.post(`${api}/audit_events/actions/export`)).status).toBe(200)
    careful.clock.advance(61)
    expect((await browser.post(`${api}/audit_events/actions/export`)).code).toBe('step_up_required')
    await careful.close()
  })

  it('an undefined requirement is rejected at start, and does not remove the one of the site', async () => {
    const requirements: object = { 'users.edit': undefined }
    const opening = startTestSite(database, {}, undefined, { requirements: { ...requirements } })
    await expect(opening).rejects.toMatchObject({ code: 'requirement_invalid' })
  })

  it.each([
    ['an unknown resource', { 'user.edit': { maxAge: 300 } }],
    ['an unknown action', { 'users.explode': { maxAge: 300 } }],
    ['an unknown kind of device', { 'users.edit': { kinds: ['retina'] } }],
    ['too short a time', { 'users.edit': { maxAge: 5 } }],
  ] satisfies [string, Requirements][])('%s is rejected at start', async (_what, requirements) => {
    await expect(open(requirements)).rejects.toMatchObject({ code: 'requirement_invalid' })
  })
})
