import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { callAction } from '../admin/panel-site.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { createTestUser, signIn, startTestSite } from '../support/site.js'
import { member } from './host/join-group.js'
import { type HostSite, startHostSite } from './host/start-host-site.js'

let shop: HostSite
let boss: HttpBrowser

beforeAll(async () => {
  shop = await startHostSite({ access: 'groups' })
  boss = await signIn(shop, await createTestUser(shop, { superuser: true }))
})
afterAll(() => shop.close())

const make = (form: Record<string, string>) => boss.post('/admin/api/resources/groups/actions/new', form)

/** What the form of a group offers for the shop's resources. */
async function offered(): Promise<{ resource: string; permissions: string[] }[]> {
  const { text } = await boss.get('/admin')
  const state = JSON.parse(/id="panel-state">(.*?)<\/script>/.exec(text)?.[1] ?? '{}')
  const groups = state.resources.find(({ id }: { id: string }) => id === 'groups')
  return groups.editProperties.find(({ name }: { name: string }) => name === 'permissions').custom.grantable
}

describe('groups next to a shop', () => {
  it('can get what the shop has, by resource, action and page, and nothing else', async () => {
    const rows = await offered()
    expect(rows.find(({ resource }) => resource === 'orders')?.permissions).toEqual(
      expect.arrayContaining(['view', 'add', 'change', 'delete', 'refund', 'comment']),
    )
    expect(rows.find(({ resource }) => resource === 'pages')?.permissions).toEqual(['greeting'])
    const form = { name: 'Sales', 'permissions.0': 'orders.refund', 'permissions.1': 'pages.greeting' }
    expect((await make(form)).status).toBe(200)
    expect(await make({ name: 'Flight', 'permissions.0': 'orders.fly' })).toMatchObject({ status: 400 })
  })

  it("can get a shop's resource called devices without the devices of the site, and the other way around", async () => {
    const lab = await startHostSite({
      access: 'groups',
      options: ({ Order }) => ({ resources: [{ resource: Order, options: { id: 'devices' } }] }),
    })
    const statuses = async (permission: string) => {
      const browser = await member(lab, [permission])
      const status = async (table: string) => (await browser.get(`/admin/api/resources/${table}/actions/list`)).status
      return [await status('devices'), await status('totp_devices')]
    }
    expect(await statuses('devices.view')).toEqual([200, 403])
    expect(await statuses('*_devices.view')).toEqual([403, 200])
    await lab.close()
  })

  it('are named in the log if they grant what all staff have, unless the host says who can use its resources', async () => {
    const lab = await startHostSite({ access: 'groups' })
    const codes = async (access?: 'staff' | 'groups') => {
      const resources = [lab.Order]
      const site = await startTestSite(lab.database, {}, undefined, {
        admin: { admin: { resources }, ...(access && { access }) },
      })
      await site.close()
      return site.log.join('').includes('host_access_open')
    }
    expect(await codes()).toBe(false)
    await lab.database.models.Group.create({ name: 'Orders', permissions: ['orders.refund', 'orders.view'] })
    expect([await codes(), await codes('staff'), await codes('groups')]).toEqual([true, false, false])
    await lab.close()
  })

  it('can get more than 100 permissions at once', async () => {
    const names = Array.from({ length: 120 }, (_, place) => `step${place}`)
    const action = { actionType: 'record', component: false, handler: () => Promise.resolve({}) } as const
    const actions = Object.fromEntries(names.map((name) => [name, action]))
    const large = await startHostSite({
      access: 'groups',
      options: ({ Order }) => ({ resources: [{ resource: Order, options: { actions } }] }),
    })
    const browser = await signIn(large, await createTestUser(large, { superuser: true }))
    const form = Object.fromEntries(names.map((name, place) => [`permissions.${place}`, `orders.${name}`]))
    const made = await browser.post('/admin/api/resources/groups/actions/new', { name: 'Everything', ...form })
    expect(made.status).toBe(200)
    const group = await large.database.models.Group.findOne({ where: { name: 'Everything' }, rejectOnEmpty: true })
    expect(group.permissions).toHaveLength(120)
    await large.close()
  })

  it('can help a member of another group only if they also name what that group has of the shop', async () => {
    const { Group } = shop.database.models
    const group = await Group.findOne({ where: { name: 'People admins' }, rejectOnEmpty: true })
    const admin = await createTestUser(shop, { groups: ['People admins'] })
    const browser = await signIn(shop, admin)
    const clerks = await Group.create({ name: 'Clerks', permissions: ['orders.refund'] })
    const person = await createTestUser(shop, { groups: [clerks.name] })
    expect(await callAction(browser, 'users', person.id, 'endSessions')).toMatchObject({
      status: 403,
      code: 'not_allowed',
    })
    const rest = (await offered()).flatMap(({ resource, permissions }) =>
      permissions.map((each) => `${resource}.${each}`),
    )
    await group.update({
      permissions: [...group.permissions, ...rest.filter((text) => /^(orders|customers|pages)\./i.test(text))],
    })
    expect((await callAction(browser, 'users', person.id, 'endSessions')).status).toBe(200)
  })
})
