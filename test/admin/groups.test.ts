import { beforeAll, describe, expect, it } from 'vitest'
import { actionPermissions } from '../../src/admin/permissions.js'
import { panelResources } from '../../src/admin/resources/index.js'
import type { HttpResponse, HttpBrowser } from '../support/http-browser.js'
import { type TestUser, signIn } from '../support/site.js'
import { addDevices } from './add-devices.js'
import { call, signInAs, findGroup, joinGroup, stateOf } from './group-site.js'
import { callAction, bulkDelete, listRecords, recordOf, rowsOf, showRecord, usePanelSite } from './panel-site.js'
import { type Actor, actors, isAllowed } from './permission-table.js'
import { builtInKinds } from '../../src/kinds/index.js'
import { deviceModels } from '../support/device-models.js'

const site = usePanelSite()

const RESOURCES = panelResources(builtInKinds).map(({ table }) => table)
const NOBODY = 2_147_483_647
const helps = ['unlock', 'invite', 'giveBackupToken', 'endSessions', 'resetSecondFactor']

/** One call of this action that changes nothing: its record does not exist, or its form is invalid. */
function callOf(browser: HttpBrowser, table: string, action: string) {
  if (action === 'list') return listRecords(browser, table)
  if (action === 'search') return browser.get(`/admin/api/resources/${table}/actions/search/zzzz`)
  if (action === 'show') return showRecord(browser, table, NOBODY)
  if (action === 'bulkDelete') return bulkDelete(browser, table, [NOBODY])
  if (action === 'new' || action === 'export') return call(browser, table, action, {}, { 'filters.id': String(NOBODY) })
  return callAction(browser, table, NOBODY, action, { deliver: 'page' })
}

/** A user with the permission gets an answer, or learns that the record does not exist or the form is invalid. */
const verdict = ({ status, code }: HttpResponse) =>
  [200, 400, 404].includes(status) && code !== 'not_allowed' ? 'allowed' : `${status} ${code}`

const users = new Map<Actor, { browser: HttpBrowser; person: TestUser }>()
const browserOf = (actor: Actor) => {
  const found = users.get(actor)
  if (!found) throw new Error(`${actor} did not come in.`)
  return found.browser
}

let target: TestUser

beforeAll(async () => {
  target = await site().person({ backupTokens: 1 })
  await addDevices(site().database, target.id)
  for (const actor of actors) users.set(actor, await signInAs(site(), actor))
})

describe.each(actors)('%s', (actor) => {
  it.each(RESOURCES)('gets the answer in the table from every action of %s', async (table) => {
    const own = Object.keys(actionPermissions).filter((action) => table === 'users' || !helps.includes(action))
    for (const action of own) {
      const answer = await callOf(browserOf(actor), table, action)
      const expected = isAllowed(table, actor).includes(actionPermissions[action] ?? '') ? 'allowed' : '403 not_allowed'
      expect([action, verdict(answer)]).toEqual([action, expected])
    }
  })

  it('can open exactly the pages that their permissions allow, by URL', async () => {
    for (const table of RESOURCES)
      for (const action of Object.keys(actionPermissions)) {
        const shape =
          action === 'bulkDelete'
            ? 'bulk'
            : ['list', 'search', 'new', 'export'].includes(action)
              ? 'actions'
              : `records/${target.id}`
        const { status } = await browserOf(actor).get(`/admin/resources/${table}/${shape}/${action}`)
        const may = isAllowed(table, actor).includes(actionPermissions[action] ?? '')
        expect([table, action, status]).toEqual([table, action, may ? 200 : 404])
      }
  })

  it('gets a page that names what they can do and nothing else', async () => {
    const { resources } = await stateOf(browserOf(actor))
    expect(resources.map(({ id }) => id).toSorted()).toEqual(
      RESOURCES.filter((table) => isAllowed(table, actor).includes('view')).toSorted(),
    )
    for (const { id, actions } of resources) {
      const given = new Set(actions.map(({ name }) => String(actionPermissions[name])))
      expect([...given].toSorted()).toEqual(isAllowed(id, actor).toSorted())
    }
  })

  it('sees events and people without a device if permitted', async () => {
    const { events, withoutDevice } = JSON.parse((await browserOf(actor).get('/admin/api/dashboard')).text)
    const seesPeople = isAllowed('users', actor).includes('view') && isAllowed('totp_devices', actor).includes('view')
    expect([events !== null, withoutDevice !== null]).toEqual([
      isAllowed('audit_events', actor).includes('view'),
      seesPeople,
    ])
  })
})

describe('the cached page', () => {
  it('never belongs to a user with other permissions, whichever of them requests it first', async () => {
    const order = [...actors, ...actors.toReversed()]
    const states = await Promise.all(
      order.map(async (actor) => [actor, (await stateOf(browserOf(actor))).resources] as const),
    )
    for (const [actor, resources] of states)
      for (const { id, actions } of resources)
        for (const { name } of actions) expect(isAllowed(id, actor)).toContain(actionPermissions[name])
  })

  it('is the same for two users with the same permissions, and contains no data of either', async () => {
    const [one, other] = [await signInAs(site(), 'Help desk'), await signInAs(site(), 'Help desk')]
    const cut = (text: string) => text.slice(0, text.indexOf('<script type="application/json" id="panel-user">'))
    const [first, second] = [cut((await stateOf(one.browser)).text), cut((await stateOf(other.browser)).text)]
    expect(first).toBe(second)
    expect(first).not.toContain(one.person.email)
  })

  it('stays right when there are more sets of permissions than cached pages', async () => {
    const { person, browser } = await signInAs(site(), 'allowed nothing')
    await site().database.models.UserGroup.destroy({ where: { user_id: person.id } })
    const texts = RESOURCES.filter((table) => table !== 'user_groups').map((table) => `${table}.view`)
    const group = await findGroup(site(), 'turning', [])
    await joinGroup(site(), person.id, 'turning')
    for (let turn = 1; turn <= 110; turn += 1) {
      const permissions = texts.filter((_text, index) => (turn >> index) % 2 === 1)
      await group.update({ permissions })
      const shown = (await stateOf(browser)).resources.map(({ id }) => `${id}.view`)
      expect(shown.filter((text) => text !== 'user_groups.view').toSorted()).toEqual(permissions.toSorted())
    }
  }, 300_000)
})

describe('a membership', () => {
  it('takes effect on the next request, and so does its end', async () => {
    const person = await site().person({ groups: [] })
    const browser = await signIn(site(), person)
    const status = async () => (await listRecords(browser, 'audit_events')).status
    expect(await status()).toBe(403)
    const auditors = await findGroup(site(), 'Auditors')
    const form = { user_id: String(person.id), group_id: String(auditors.id) }
    expect((await call(site().boss, 'user_groups', 'new', form)).status).toBe(200)
    expect(await status()).toBe(200)
    const [row] = rowsOf(await listRecords(site().boss, 'user_groups', { 'filters.user_id': String(person.id) }))
    expect((await callAction(site().boss, 'user_groups', Number(row?.['id']), 'delete')).status).toBe(200)
    expect(await status()).toBe(403)
  })

  it('adds its permissions to those of other groups', async () => {
    const person = await site().person({ groups: ['Help desk', 'Auditors'] })
    const browser = await signIn(site(), person)
    expect((await listRecords(browser, 'audit_events')).status).toBe(200)
    const buttons = recordOf(
      await showRecord(browser, 'users', (await site().person({ staff: false })).id),
    ).recordActions
    expect(buttons.map(({ name }) => name).toSorted()).toEqual(['invite', 'resetSecondFactor', 'show', 'unlock'])
  })

  it('does not let in a user who is not staff', async () => {
    const person = await site().person({ staff: false })
    await joinGroup(site(), person.id, 'People admins')
    const browser = await signIn(site(), person)
    expect(await browser.get('/admin/api/dashboard')).toMatchObject({ status: 403, code: 'not_staff' })
  })

  it('is shown on the pages of both, to users who can see groups', async () => {
    const { person } = await signInAs(site(), 'Auditors')
    const shown = async (actor: Actor) => {
      const { resources } = await stateOf(browserOf(actor))
      return resources.find(({ id }) => id === 'users')?.showProperties.map(({ name }) => name)
    }
    expect(await shown('Auditors')).toContain('groups')
    expect(await shown('Help desk')).not.toContain('groups')
    const rows = rowsOf(
      await listRecords(browserOf('Auditors'), 'user_groups', { 'filters.user_id': String(person.id) }),
    )
    expect(rows).toHaveLength(1)
  })
})

describe('nobody gains permissions they do not have', () => {
  const tries = [
    ['invite', { deliver: 'page' }],
    ['resetSecondFactor', {}],
    ['giveBackupToken', {}],
    ['endSessions', {}],
    ['edit', { name: 'x' }],
    ['edit', { is_active: 'false' }],
  ] as const

  it.each(tries)('by %s %o of a user with more permissions', async (action, form) => {
    const above = await signInAs(site(), 'sees all')
    const before = await site().database.models.User.findByPk(above.person.id, { raw: true })
    for (const actor of ['Help desk', 'People admins', 'in no group'] as const)
      expect(await callAction(browserOf(actor), 'users', above.person.id, action, form)).toMatchObject({
        status: 403,
        code: 'not_allowed',
      })
    expect(await site().database.models.User.findByPk(above.person.id, { raw: true })).toEqual(before)
    expect((await listRecords(above.browser, 'users')).status).toBe(200)
  })

  it('by deleting or disabling the devices of a user with more permissions', async () => {
    const above = await signInAs(site(), 'sees all')
    const id = above.person.app?.id ?? 0
    for (const actor of ['People admins', 'in no group'] as const) {
      const browser = browserOf(actor)
      for (const answer of [
        await callAction(browser, 'totp_devices', id, 'delete'),
        await callAction(browser, 'totp_devices', id, 'edit', { confirmed: 'false' }),
        await callAction(browser, 'static_devices', above.person.backup?.id ?? 0, 'delete'),
        await bulkDelete(browser, 'totp_devices', [target.app?.id ?? 0, id]),
      ])
        expect(answer).toMatchObject({ status: 403, code: 'not_allowed' })
    }
    const { TotpDevice } = deviceModels(site().database)
    expect(await TotpDevice.findByPk(id)).toMatchObject({ confirmed: true })
    expect(await TotpDevice.findByPk(target.app?.id)).not.toBeNull()
    const buttons = recordOf(await showRecord(browserOf('People admins'), 'totp_devices', id)).recordActions
    expect(buttons.map(({ name }) => name)).toEqual(['show'])
  })

  it('by making someone staff who would then have more permissions', async () => {
    await findGroup(site(), 'may only change people', ['users.view', 'users.change'])
    const actor = await site().person({ groups: ['may only change people'] })
    const browser = await signIn(site(), actor)
    const waiting = await site().person({ staff: false, groups: ['Auditors'] })
    const answer = await callAction(browser, 'users', waiting.id, 'edit', { is_staff: 'true' })
    expect(answer).toMatchObject({ status: 403, code: 'not_allowed' })
    const friend = await site().person({ staff: false })
    expect((await callAction(browser, 'users', friend.id, 'edit', { is_staff: 'true' })).status).toBe(200)
  })

  it('but People admins can make anyone staff who is in no group, and nobody a superuser', async () => {
    const friend = await site().person({ staff: false })
    const edit = (form: Record<string, string>) =>
      callAction(browserOf('People admins'), 'users', friend.id, 'edit', form)
    expect((await edit({ is_staff: 'true' })).status).toBe(200)
    expect(await edit({ is_superuser: 'true' })).toMatchObject({ status: 403 })
    expect((await listRecords(await signIn(site(), friend), 'users')).status).toBe(403)
  })

  it('through a group or a membership, which only superusers can change', async () => {
    const helpdesk = await findGroup(site(), 'Help desk')
    const snapshot = async () =>
      (await site().database.pool.query(
        'select * from groups order by id; select * from user_groups order by id',
      )) as unknown
    for (const actor of ['in no group', 'Help desk', 'Auditors', 'People admins', 'sees all'] as const) {
      const found = users.get(actor)
      const before = JSON.stringify(await snapshot())
      const form = {
        user_id: String(found?.person.id),
        group_id: String((await findGroup(site(), 'People admins')).id),
      }
      for (const answer of [
        await call(browserOf(actor), 'user_groups', 'new', form),
        await call(browserOf(actor), 'groups', 'new', { name: 'Mine', 'permissions.0': 'users.change' }),
        await callAction(browserOf(actor), 'groups', helpdesk.id, 'edit', { 'permissions.0': 'users.change' }),
        await callAction(browserOf(actor), 'groups', helpdesk.id, 'delete'),
        await bulkDelete(browserOf(actor), 'groups', [helpdesk.id]),
      ])
        expect(answer).toMatchObject({ status: 403, code: 'not_allowed' })
      expect(JSON.stringify(await snapshot())).toBe(before)
    }
  })

  it('through a permission that they lost since they signed in', async () => {
    const { person, browser } = await signInAs(site(), 'Help desk')
    const target = await site().person({ staff: false })
    expect((await callAction(browser, 'users', target.id, 'invite', { deliver: 'page' })).status).toBe(200)
    await site().database.models.UserGroup.destroy({ where: { user_id: person.id } })
    await joinGroup(site(), person.id, 'Auditors')
    expect(await callAction(browser, 'users', target.id, 'invite', { deliver: 'page' })).toMatchObject({ status: 403 })
  })
})

describe('hidden data cannot be seen', () => {
  let browser: HttpBrowser

  beforeAll(async () => {
    const group = await findGroup(site(), 'sees devices only', ['totp_devices.view', 'static_tokens.view'])
    const person = await site().person({ groups: [group.name] })
    browser = await signIn(site(), person)
  })

  it("as the name of a device's owner", async () => {
    const answer = await showRecord(browser, 'totp_devices', target.app?.id ?? 0)
    expect(recordOf(answer).params['user_id']).toBe(target.id)
    expect(recordOf(answer).populated).toEqual({})
    const all = await listRecords(browser, 'totp_devices', { perPage: '500' })
    expect(all.text).not.toContain('@example.com')
    expect((await listRecords(browser, 'static_tokens')).text).not.toContain('"populated":{"')
  })

  it('through a filter that reveals whose email address exists', async () => {
    const email = await listRecords(browser, 'totp_devices', { 'filters.user_id': target.email })
    expect(email).toMatchObject({ status: 400, code: 'bad_request' })
    const byId = await listRecords(browser, 'totp_devices', { 'filters.user_id': String(target.id) })
    expect(rowsOf(byId)).toHaveLength(1)
  })

  it('on the landing page', async () => {
    expect((await browser.get('/admin/api/dashboard')).text).toBe('{"events":null,"withoutDevice":null}')
  })

  it('as the people of the events, for users who can only see the events', async () => {
    await findGroup(site(), 'sees events only', ['audit_events.view'])
    const person = await site().person({ groups: ['sees events only'] })
    const auditor = await signIn(site(), person)
    for (const answer of [await auditor.get('/admin/api/dashboard'), await listRecords(auditor, 'audit_events')])
      expect(answer.text).not.toContain('@example.com')
  })
})
