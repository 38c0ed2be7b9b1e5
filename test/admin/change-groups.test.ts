import { beforeEach, describe, expect, it } from 'vitest'
import type { Group } from '../../src/db/models/group.js'
import type { HttpResponse } from '../support/http-browser.js'
import { type TestUser, stepUp } from '../support/site.js'
import { call, findGroup, joinGroup } from './group-site.js'
import {
  callAction,
  bulkDelete,
  listRecords,
  messageOf,
  recordOf,
  rowsOf,
  showRecord,
  usePanelSite,
} from './panel-site.js'

const site = usePanelSite()

let made = 0
let group: Group
let person: TestUser

beforeEach(async () => {
  group = await findGroup(site(), `Group ${(made += 1)}`, ['users.view'])
  person = await site().person()
})

const edit = (form: Record<string, string>) => callAction(site().boss, 'groups', group.id, 'edit', form)
const add = (form: Record<string, string>) => call(site().boss, 'groups', 'new', form)
const member = (form: Record<string, string>) => call(site().boss, 'user_groups', 'new', form)
const fieldsOf = (answer: HttpResponse): string[] => Object.keys(JSON.parse(answer.text).error.fields ?? {})

async function eventsNamed(event: string, groupName: string) {
  const rows = await site().database.models.AuditEvent.findAll({ where: { event }, order: [['id', 'ASC']] })
  return rows
    .filter(({ details }) => Object(details).group === groupName)
    .map(({ user_id, actor_id, details }) => ({ user_id, actor_id, details }))
}

describe('a group', () => {
  it('is created with exactly the ticked permissions, and the audit log records it', async () => {
    const name = `Made ${made}`
    const answer = await add({
      name,
      'permissions.0': 'users.view',
      'permissions.1': 'audit_events.export',
      'permissions.2': 'users.view',
      otp_policy: 'everyone',
      grace_days: '7',
      'kinds.0': 'webauthn',
      id: '99999',
      member_count: '12',
    })
    expect(answer.status).toBe(200)
    const row = await findGroup(site(), name)
    expect(row.id).not.toBe(99_999)
    expect(row).toMatchObject({
      permissions: ['audit_events.export', 'users.view'],
      otp_policy: 'everyone',
      grace_days: 7,
      kinds: ['webauthn'],
    })
    expect(recordOf(await showRecord(site().boss, 'groups', row.id)).params).toMatchObject({
      name,
      'permissions.0': 'audit_events.export',
      'kinds.0': 'webauthn',
    })
    expect(await eventsNamed('group_added', name)).toMatchObject([
      { user_id: null, actor_id: site().bossPerson.id, details: { permissions: 'audit_events.export, users.view' } },
    ])
  })

  it('is changed only in the submitted fields, and the audit log records only those', async () => {
    expect((await edit({ 'permissions.0': 'users.view', 'permissions.1': 'users.invite' })).status).toBe(200)
    expect((await edit({ otp_policy: 'strict', grace_days: '' })).status).toBe(200)
    await group.reload()
    expect(group).toMatchObject({ permissions: ['users.invite', 'users.view'], otp_policy: 'strict', grace_days: null })
    expect((await eventsNamed('group_changed', group.name)).map(({ details }) => details)).toEqual([
      { group: group.name, permissions: 'users.invite, users.view' },
      { group: group.name, otp_policy: 'strict' },
    ])
  })

  it("is emptied the way AdminJS's form does it", async () => {
    await group.update({ otp_policy: 'everyone', grace_days: 3, kinds: ['totp'] })
    const empty = '__FORM_VALUE_EMPTY_ARRAY__'
    expect((await edit({ permissions: empty, kinds: empty, otp_policy: '', grace_days: '' })).status).toBe(200)
    await group.reload()
    expect(group).toMatchObject({ permissions: [], otp_policy: null, grace_days: null, kinds: null })
  })

  it('is not written if nothing changes', async () => {
    expect((await edit({ name: group.name, 'permissions.0': 'users.view' })).status).toBe(200)
    expect(await eventsNamed('group_changed', group.name)).toEqual([])
  })

  it.each(['14', '\uff11\uff14', '14\u00a0', '\u200b14\t', '\u2068\u0661\u0664\u2069'])(
    'reads %j as 14 days',
    async (typed) => {
      await group.update({ grace_days: 3 })
      expect((await edit({ grace_days: typed })).status).toBe(200)
      expect((await group.reload()).grace_days).toBe(14)
    },
  )

  it.each([
    [{ name: '' }, 'name'],
    [{ name: 'x'.repeat(65) }, 'name'],
    [{ 'permissions.0': 'users.fly' }, 'permissions'],
    [{ 'permissions.0': 'groups.change' }, 'permissions'],
    [{ 'permissions.0': 'user_groups.add' }, 'permissions'],
    [{ 'permissions.0': '*.delete' }, 'permissions'],
    [{ 'permissions.0': '*' }, 'permissions'],
    [{ permissions: 'users.view' }, 'permissions'],
    [{ otp_policy: 'sometimes' }, 'otp_policy'],
    [{ grace_days: '-1' }, 'grace_days'],
    [{ grace_days: '366' }, 'grace_days'],
    [{ grace_days: '1.5' }, 'grace_days'],
    [{ 'kinds.0': 'carrier pigeon' }, 'kinds'],
    [{ 'kinds.0': 'static' }, 'kinds'],
  ])('is rejected with the field named, new or changed: %o', async (form, field) => {
    const before = await group.reload()
    const answers = [await edit(form), await add({ name: `Refused ${made}`, ...form })]
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 400, code: 'bad_request' })
      expect(fieldsOf(answer)).toEqual([field])
    }
    expect((await group.reload()).toJSON()).toEqual(before.toJSON())
  })

  it('has a unique name, even if two are created at the same moment', async () => {
    await stepUp(site().boss)
    const name = `Twin ${made}`
    const answers = await Promise.all([add({ name }), add({ name }), add({ name })])
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 400, 400])
    expect(fieldsOf(await edit({ name }))).toEqual(['name'])
  })

  it('can only be deleted without members, alone or with others', async () => {
    const other = await findGroup(site(), `Other ${made}`, [])
    await joinGroup(site(), person.id, group.name)
    const answer = await callAction(site().boss, 'groups', group.id, 'delete')
    expect(answer).toMatchObject({ status: 403, code: 'not_allowed' })
    expect(messageOf(answer)).toContain('members')
    expect(await bulkDelete(site().boss, 'groups', [other.id, group.id])).toMatchObject({ status: 403 })
    await site().database.models.UserGroup.destroy({ where: { group_id: group.id } })
    expect((await bulkDelete(site().boss, 'groups', [other.id, group.id])).status).toBe(200)
    expect(await site().database.models.Group.count({ where: { id: [group.id, other.id] } })).toBe(0)
    expect(await eventsNamed('group_removed', group.name)).toHaveLength(1)
    expect((await callAction(site().boss, 'groups', group.id, 'delete')).status).toBe(404)
  })

  it('never loses a member if it is deleted at the same moment', async () => {
    await stepUp(site().boss)
    for (let round = 0; round < 5; round += 1) {
      const both = await findGroup(site(), `Race ${made} ${round}`, [])
      const form = { user_id: String(person.id), group_id: String(both.id) }
      const [joined, deleted] = await Promise.all([member(form), callAction(site().boss, 'groups', both.id, 'delete')])
      expect([joined.status, deleted.status].toSorted((a, b) => a - b)).toEqual(
        joined.status === 200 ? [200, 403] : [200, 404],
      )
    }
  })
})

describe('the shipped groups', () => {
  it('exist without members, and can be renamed and deleted', async () => {
    const names = ['Auditors', 'Help desk', 'People admins']
    const rows = rowsOf(await listRecords(site().boss, 'groups', { perPage: '500' }))
    for (const name of names) expect(rows.find((row) => row['name'] === name)).toMatchObject({ member_count: 0 })
    const auditor = await findGroup(site(), 'Auditors')
    expect((await callAction(site().boss, 'groups', auditor.id, 'edit', { name: 'Watch' })).status).toBe(200)
    expect((await callAction(site().boss, 'groups', auditor.id, 'delete')).status).toBe(200)
  })
})

describe('a membership', () => {
  const form = () => ({ user_id: String(person.id), group_id: String(group.id) })

  it('adds an event with user, group and superuser when it begins and ends', async () => {
    expect((await member(form())).status).toBe(200)
    const found = await listRecords(site().boss, 'user_groups', { 'filters.group_id': String(group.id) })
    const [row] = rowsOf(found)
    expect(row).toMatchObject({ user_id: person.id, group_id: group.id })
    expect(found.text).toContain(person.email)
    expect((await callAction(site().boss, 'user_groups', Number(row?.['id']), 'delete')).status).toBe(200)
    const by = { user_id: person.id, actor_id: site().bossPerson.id, details: { group: group.name } }
    expect(await eventsNamed('member_added', group.name)).toEqual([by])
    expect(await eventsNamed('member_removed', group.name)).toEqual([by])
  })

  it('exists once, however often it is requested at the same moment', async () => {
    await stepUp(site().boss)
    const answers = await Promise.all([member(form()), member(form()), member(form())])
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 403, 403])
    expect(await site().database.models.UserGroup.count({ where: { group_id: group.id } })).toBe(1)
  })

  it.each([
    [{ user_id: '2147483647' }, 404],
    [{ group_id: '2147483647' }, 404],
    [{ user_id: '' }, 400],
    [{ group_id: 'x' }, 400],
    [{ user_id: '99999999999' }, 400],
    [{ user_id: '-1' }, 400],
  ])('needs a user and a group that exist: %o', async (wrong, status) => {
    expect((await member({ ...form(), ...wrong })).status).toBe(status)
    expect(await site().database.models.UserGroup.count({ where: form() })).toBe(0)
  })

  it('ends with all others in one call, or none of them ends', async () => {
    const people = [person, await site().person()]
    for (const { id } of people) await joinGroup(site(), id, group.name)
    const rows = rowsOf(await listRecords(site().boss, 'user_groups', { 'filters.group_id': String(group.id) }))
    const ids = rows.map((row) => Number(row['id']))
    expect(await bulkDelete(site().staff, 'user_groups', ids)).toMatchObject({ status: 403 })
    expect((await bulkDelete(site().boss, 'user_groups', ids)).status).toBe(200)
    expect(await eventsNamed('member_removed', group.name)).toHaveLength(2)
    expect((await bulkDelete(site().boss, 'user_groups', ids)).status).toBe(404)
  })

  it('ends no session: users who join stay signed in', async () => {
    const before = await site().database.models.User.findByPk(person.id, { raw: true })
    await member(form())
    expect(await site().database.models.User.findByPk(person.id, { raw: true })).toEqual(before)
  })
})
