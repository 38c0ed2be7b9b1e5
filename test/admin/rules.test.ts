import { describe, expect, it } from 'vitest'
import type { HttpBrowser } from '../support/http-browser.js'
import { queuedEmailsTo } from '../support/queued-emails.js'
import { type TestUser, signIn, stepUp } from '../support/site.js'
import { addDevices } from './add-devices.js'
import { callAction, bulkDelete, messageOf, recordOf, showRecord, usePanelSite } from './panel-site.js'
import { deviceModels } from '../support/device-models.js'

const site = usePanelSite()

const user = (id: number) => site().database.models.User.findByPk(id, { rejectOnEmpty: true })
const app = (person: TestUser) => person.app?.id ?? 0
const appOf = (person: TestUser) => deviceModels(site().database).TotpDevice.findByPk(app(person))
const isIn = async (browser: HttpBrowser) => (await browser.get('/admin/api/dashboard')).status === 200

async function eventsOf(userId: number, event: string) {
  const { AuditEvent } = site().database.models
  const rows = await AuditEvent.findAll({ where: { user_id: userId, event }, order: [['id', 'ASC']] })
  return rows.map(({ actor_id, device, details }) => ({ actor_id, device, details }))
}

describe('staff', () => {
  it('set and clear staff and active of others, and that ends their sessions at once', async () => {
    const person = await site().person()
    const browser = await signIn(site(), person)
    const answer = await callAction(site().staff, 'users', person.id, 'edit', { is_staff: 'false', is_active: 'true' })
    expect(answer.status).toBe(200)
    expect(await user(person.id)).toMatchObject({ is_staff: false, is_active: true })
    expect(await isIn(browser)).toBe(false)
    expect(await eventsOf(person.id, 'user_changed')).toEqual([
      { actor_id: site().staffPerson.id, device: null, details: { is_staff: false } },
    ])
    expect((await callAction(site().staff, 'users', person.id, 'edit', { is_staff: 'true' })).status).toBe(200)
    expect(await user(person.id)).toMatchObject({ is_staff: true })
  })

  it('rename others without ending their sessions', async () => {
    const person = await site().person()
    const browser = await signIn(site(), person)
    expect((await callAction(site().staff, 'users', person.id, 'edit', { name: '  New name ' })).status).toBe(200)
    expect(await user(person.id)).toMatchObject({ name: 'New name' })
    expect(await isIn(browser)).toBe(true)
  })

  it('write and record nothing if nothing changes', async () => {
    const person = await site().person()
    const before = await user(person.id)
    await callAction(site().staff, 'users', person.id, 'edit', {
      name: before.name,
      is_staff: 'true',
      is_superuser: 'false',
    })
    expect((await user(person.id)).auth_epoch).toBe(before.auth_epoch)
    expect(await eventsOf(person.id, 'user_changed')).toEqual([])
  })

  it('rename, disable and delete the devices of others, which ends their sessions at once', async () => {
    const person = await site().person()
    const browser = await signIn(site(), person)
    expect((await callAction(site().staff, 'totp_devices', app(person), 'edit', { name: 'Old phone' })).status).toBe(
      200,
    )
    expect(await isIn(browser)).toBe(true)
    expect((await callAction(site().staff, 'totp_devices', app(person), 'edit', { confirmed: 'false' })).status).toBe(
      200,
    )
    expect(await isIn(browser)).toBe(false)
    expect(await appOf(person)).toMatchObject({ name: 'Old phone', confirmed: false })
    expect((await callAction(site().staff, 'totp_devices', app(person), 'delete')).status).toBe(200)
    expect(await appOf(person)).toBeNull()
    const [actor_id, device] = [site().staffPerson.id, `totp/${app(person)}`]
    expect(await eventsOf(person.id, 'device_renamed')).toEqual([
      { actor_id, device, details: { from: 'App', to: 'Old phone' } },
    ])
    expect(await eventsOf(person.id, 'device_switched_off')).toEqual([
      { actor_id, device, details: { name: 'Old phone' } },
    ])
    expect(await eventsOf(person.id, 'device_removed')).toEqual([{ actor_id, device, details: { name: 'Old phone' } }])
  })

  it.each(['webauthn', 'hotp', 'phone', 'email'] as const)(
    'do so with every kind, and its owner gets an email: %s',
    async (kind) => {
      const person = await site().person()
      const { id, name } = (await addDevices(site().database, person.id))[kind]
      await site().database.models.User.update({ default_device: `${kind}/${id}` }, { where: { id: person.id } })
      const table = `${kind}_devices`
      const epoch = (await user(person.id)).auth_epoch
      expect((await callAction(site().staff, table, id, 'edit', { name: 'Renamed' })).status).toBe(200)
      expect((await callAction(site().staff, table, id, 'edit', { confirmed: 'false' })).status).toBe(200)
      expect((await callAction(site().staff, table, id, 'edit', { confirmed: 'true' })).status).toBe(200)
      expect((await bulkDelete(site().staff, table, [id])).status).toBe(200)
      expect(await user(person.id)).toMatchObject({ auth_epoch: epoch + 2, default_device: null })
      expect((await eventsOf(person.id, 'device_renamed'))[0]?.details).toEqual({ from: name, to: 'Renamed' })
      expect(await eventsOf(person.id, 'device_switched_off')).toHaveLength(1)
      expect(await eventsOf(person.id, 'device_removed')).toHaveLength(1)
      const by = { by: 'administrator', kind, device: 'Renamed', address: null, browser: null }
      expect(await queuedEmailsTo(site().database, person.email)).toMatchObject([
        { mail: 'device-renamed', ...by },
        { mail: 'device-switched-off', ...by },
        { mail: 'device-enabled', ...by },
        { mail: 'device-removed', ...by },
      ])
    },
  )

  it('delete a device whose setup was never finished without an email', async () => {
    const person = await site().person()
    const { phone } = await addDevices(site().database, person.id)
    await phone.update({ confirmed: false, confirmed_at: null })
    expect((await callAction(site().staff, 'phone_devices', phone.id, 'delete')).status).toBe(200)
    expect(await queuedEmailsTo(site().database, person.email)).toEqual([])
  })

  it('enable a device that an administrator disabled, whether in the panel or by SQL', async () => {
    for (const disable of [
      (id: number) => callAction(site().staff, 'totp_devices', id, 'edit', { confirmed: 'false' }),
      (id: number) => site().database.pool.query('update totp_devices set confirmed = false where id = $1', [id]),
    ]) {
      const person = await site().person()
      await disable(app(person))
      const disabled = await appOf(person)
      expect(disabled).toMatchObject({ confirmed: false, disabled_reason: 'administrator' })
      expect(disabled?.disabled_at).toBeInstanceOf(Date)
      expect((await callAction(site().boss, 'totp_devices', app(person), 'edit', { confirmed: 'true' })).status).toBe(
        200,
      )
      expect(await appOf(person)).toMatchObject({ confirmed: true, disabled_at: null, disabled_reason: null })
      expect(await eventsOf(person.id, 'device_enabled')).toMatchObject([{ actor_id: site().bossPerson.id }])
      expect(await isIn(await signIn(site(), person))).toBe(true)
    }
  })

  it('cannot enable a device that too many failures disabled, or whose setup is not finished', async () => {
    const states = ['failure_count = 100, confirmed = false', 'confirmed = false, confirmed_at = null']
    for (const state of states) {
      const person = await site().person()
      await site().database.pool.query(`update totp_devices set ${state} where id = $1`, [app(person)])
      const before = await appOf(person)
      const answer = await callAction(site().boss, 'totp_devices', app(person), 'edit', {
        confirmed: 'true',
        name: 'Sneaky',
      })
      expect(answer).toMatchObject({ status: 403, code: 'not_allowed' })
      expect(await appOf(person)).toEqual(before)
    }
  })

  it('cannot enable their own device', async () => {
    const { staffPerson } = site()
    const { phone } = await addDevices(site().database, staffPerson.id)
    await phone.update({ confirmed: false })
    const answer = await callAction(site().staff, 'phone_devices', phone.id, 'edit', { confirmed: 'true' })
    expect(answer).toMatchObject({ status: 403, code: 'not_allowed' })
    await phone.destroy()
  })

  it('delete a set of backup tokens with all its tokens', async () => {
    const person = await site().person({ backupTokens: 2 })
    const id = person.backup?.id ?? 0
    expect(recordOf(await showRecord(site().staff, 'static_devices', id)).params).toMatchObject({ tokens_left: 2 })
    expect((await callAction(site().staff, 'static_devices', id, 'delete')).status).toBe(200)
    expect(await deviceModels(site().database).StaticToken.count({ where: { device_id: id } })).toBe(0)
  })

  it('cannot change who is a superuser', async () => {
    const person = await site().person()
    const answer = await callAction(site().staff, 'users', person.id, 'edit', { name: 'x', is_superuser: 'true' })
    expect(answer).toMatchObject({ status: 403, code: 'not_allowed' })
    expect(messageOf(answer)).toContain('Only a superuser')
    expect(await user(person.id)).toMatchObject({ is_superuser: false, name: expect.not.stringMatching(/^x$/) })
  })

  it('see superusers but cannot change them or their devices', async () => {
    const person = await site().person({ superuser: true, backupTokens: 1 })
    const tries = [
      () => callAction(site().staff, 'users', person.id, 'edit', { name: 'x' }),
      () => callAction(site().staff, 'users', person.id, 'edit', { is_active: 'false' }),
      () => callAction(site().staff, 'totp_devices', app(person), 'edit', { name: 'x' }),
      () => callAction(site().staff, 'totp_devices', app(person), 'delete'),
      () => callAction(site().staff, 'static_devices', person.backup?.id ?? 0, 'delete'),
      () => bulkDelete(site().staff, 'totp_devices', [app(person)]),
    ]
    for (const attempt of tries) expect(await attempt()).toMatchObject({ status: 403, code: 'not_allowed' })
    expect(await user(person.id)).toMatchObject({ is_active: true, name: expect.stringMatching(/^Person/) })
    expect(await appOf(person)).toMatchObject({ name: 'App', confirmed: true })
    const buttons = recordOf(await showRecord(site().staff, 'totp_devices', app(person))).recordActions
    expect(buttons.map(({ name }) => name)).toEqual(['show'])
  })

  it.each(['static_tokens', 'audit_events'])('can only look at %s', async (table) => {
    const person = await site().person({ backupTokens: 1 })
    // A rejected action adds an event. The existing ones stay as they are.
    const { pool } = site().database
    const last = (await pool.query<{ id: string }>(`select max(id) as id from ${table}`)).rows[0]?.id
    const rows = async () => (await pool.query(`select * from ${table} where id <= ${last} order by id`)).rows
    const before = await rows()
    const id = table === 'static_tokens' ? (person.backup?.id ?? 1) : 1
    for (const action of ['edit', 'delete'])
      expect(await callAction(site().boss, table, id, action, { name: 'x' })).toMatchObject({
        status: 403,
        code: 'not_allowed',
      })
    expect(await bulkDelete(site().boss, table, [1])).toMatchObject({ status: 403, code: 'not_allowed' })
    expect(await rows()).toEqual(before)
  })

  it('cannot delete people', async () => {
    const person = await site().person()
    expect(await callAction(site().boss, 'users', person.id, 'delete')).toMatchObject({
      status: 403,
      code: 'not_allowed',
    })
    expect(await bulkDelete(site().boss, 'users', [person.id])).toMatchObject({ status: 403, code: 'not_allowed' })
    expect(await user(person.id)).toBeDefined()
  })
})

describe('superusers', () => {
  it('make others superusers and undo it', async () => {
    const person = await site().person()
    expect((await callAction(site().boss, 'users', person.id, 'edit', { is_superuser: 'true' })).status).toBe(200)
    expect(await user(person.id)).toMatchObject({ is_superuser: true })
    expect((await callAction(site().boss, 'users', person.id, 'edit', { is_superuser: 'false' })).status).toBe(200)
    expect(await user(person.id)).toMatchObject({ is_superuser: false })
  })
})

describe('nobody can lock themselves out', () => {
  it.each(['is_staff', 'is_active', 'is_superuser'])('by taking %s from their own account', async (flag) => {
    const { boss, bossPerson } = site()
    const answer = await callAction(boss, 'users', bossPerson.id, 'edit', { [flag]: 'false' })
    expect(answer).toMatchObject({ status: 403, code: 'not_allowed' })
    expect(await user(bossPerson.id)).toMatchObject({ is_staff: true, is_active: true, is_superuser: true })
  })

  it('by disabling or deleting their own device, but they can rename it', async () => {
    const { boss, bossPerson } = site()
    const id = app(bossPerson)
    expect((await callAction(boss, 'totp_devices', id, 'edit', { name: 'Mine' })).status).toBe(200)
    const tries = [
      () => callAction(boss, 'totp_devices', id, 'edit', { confirmed: 'false' }),
      () => callAction(boss, 'totp_devices', id, 'delete'),
      () => bulkDelete(boss, 'totp_devices', [id]),
    ]
    for (const attempt of tries) expect(await attempt()).toMatchObject({ status: 403, code: 'not_allowed' })
    expect(await appOf(bossPerson)).toMatchObject({ name: 'Mine', confirmed: true })
    expect(await isIn(boss)).toBe(true)
  })
})

describe('deleting many', () => {
  it('deletes all, or none if one of them cannot be deleted', async () => {
    const people = [await site().person(), await site().person()]
    const mixed = [...people.map(app), app(site().bossPerson)]
    expect(await bulkDelete(site().boss, 'totp_devices', mixed)).toMatchObject({ status: 403 })
    for (const person of people) expect(await appOf(person)).not.toBeNull()
    expect((await bulkDelete(site().boss, 'totp_devices', people.map(app))).status).toBe(200)
    for (const person of people) {
      expect(await appOf(person)).toBeNull()
      expect(await eventsOf(person.id, 'device_removed')).toHaveLength(1)
    }
  })

  it('accepts at most 100, by ID', async () => {
    const many = Array.from({ length: 101 }, (_, index) => index + 1)
    expect(await bulkDelete(site().boss, 'totp_devices', many)).toMatchObject({ status: 400, code: 'bad_request' })
    expect(await bulkDelete(site().boss, 'totp_devices', [])).toMatchObject({ status: 400, code: 'bad_request' })
    expect(await bulkDelete(site().boss, 'totp_devices', [999_999])).toMatchObject({ status: 404, code: 'not_found' })
  })
})

describe('a rejected attempt', () => {
  it('is recorded in the audit log', async () => {
    const person = await site().person({ superuser: true })
    await callAction(site().staff, 'users', person.id, 'edit', { name: 'x' })
    const tries = await eventsOf(site().staffPerson.id, 'panel_refused')
    expect(tries.at(-1)?.details).toEqual({
      code: 'not_allowed',
      reason: null,
      method: 'POST',
      path: `/api/resources/users/records/${person.id}/edit`,
    })
  })
})

describe('a form with mistakes', () => {
  it.each([
    ['users', { name: 'x'.repeat(151) }, 'name'],
    ['users', { is_active: 'perhaps' }, 'is_active'],
    ['users', { is_staff: '1' }, 'is_staff'],
    ['totp_devices', { name: '   ' }, 'name'],
    ['totp_devices', { name: 'x'.repeat(65) }, 'name'],
    ['totp_devices', { name: 'a\u0007b' }, 'name'],
  ])('is rejected with the field named: %s %o', async (table, form, field) => {
    const person = await site().person()
    const id = table === 'users' ? person.id : app(person)
    const answer = await callAction(site().boss, table, id, 'edit', form)
    expect(answer).toMatchObject({ status: 400, code: 'bad_request' })
    expect(JSON.parse(answer.text)).toMatchObject({ error: { fields: { [field]: expect.any(String) } } })
  })
})

describe('two administrators at the same moment', () => {
  it('cannot demote each other: one superuser stays', async () => {
    for (let round = 0; round < 5; round += 1) {
      const [one, other] = [await site().person({ superuser: true }), await site().person({ superuser: true })]
      const [first, second] = [await signIn(site(), one), await signIn(site(), other)]
      const answers = await Promise.all([
        callAction(first, 'users', other.id, 'edit', { is_superuser: 'false' }),
        callAction(second, 'users', one.id, 'edit', { is_superuser: 'false' }),
      ])
      const left = [await user(one.id), await user(other.id)].filter(({ is_superuser }) => is_superuser)
      expect(left).toHaveLength(1)
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    }
  })

  it('cannot lock each other out', async () => {
    for (let round = 0; round < 5; round += 1) {
      const [one, other] = [await site().person(), await site().person()]
      const [first, second] = [await signIn(site(), one), await signIn(site(), other)]
      await Promise.all([
        callAction(first, 'users', other.id, 'edit', { is_active: 'false' }),
        callAction(second, 'users', one.id, 'edit', { is_active: 'false' }),
      ])
      const left = [await user(one.id), await user(other.id)].filter(({ is_active }) => is_active)
      expect(left).toHaveLength(1)
    }
  })

  it('delete one device once', async () => {
    const person = await site().person()
    const browsers = [site().staff, site().boss]
    for (const browser of browsers) await stepUp(browser)
    const answers = await Promise.all(
      [...browsers, site().staff].map((browser) => callAction(browser, 'totp_devices', app(person), 'delete')),
    )
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 404, 404])
    expect(await eventsOf(person.id, 'device_removed')).toHaveLength(1)
  })
})
