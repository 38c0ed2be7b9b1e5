import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestUser, signIn, startTestSite } from '../support/site.js'
import { type HostSiteOptions, loaderOf, startHostSite } from './host/start-host-site.js'
import { deviceModels } from '../support/device-models.js'
import { formWithFile } from './host/form-with-file.js'
import type { Database } from '../../src/db/connect.js'
import { openTestDatabase } from '../support/database.js'

const api = '/admin/api/resources'
let database: Database

beforeAll(async () => {
  database = await openTestDatabase()
})
afterAll(() => database.close())

describe('options that have no effect', () => {
  const overriding = (name: string) => {
    const loader = loaderOf('Greeting')
    loader.override(name, path.join(import.meta.dirname, 'host/Greeting.jsx'))
    return loader
  }
  it.each<[string, NonNullable<HostSiteOptions['options']>]>([
    ['version', () => ({ version: { admin: true, app: '2.0.1' } })],
    ['branding.favicon', () => ({ branding: { favicon: '/my.ico' } })],
    ['dashboard.handler', () => ({ dashboard: { handler: () => Promise.resolve({}) } })],
    ['assetsCDN', () => ({ assetsCDN: 'https://cdn.example' })],
    ['Version', () => ({ componentLoader: overriding('Version') })],
    ['Login', () => ({ componentLoader: overriding('Login') })],
    ['LoggedIn', () => ({ componentLoader: overriding('LoggedIn') })],
  ])('are named in the log at start-up: %s', async (name, options) => {
    const open = await startHostSite({ options })
    const logged = open.log.filter((line) => line.includes('host_option_unused'))
    expect(logged).toHaveLength(1)
    expect(logged[0]).toContain(name)
    await open.close()
  })
})

describe('an invalid shop is rejected at start-up, with the reason', () => {
  it.each([
    ['a panel at another path', 'host_root_path', () => ({ rootPath: '/backoffice' })],
    ['one of our tables', 'host_resource_taken', (_shop, own) => ({ resources: [deviceModels(own).TotpDevice] })],
    [
      'another model over one of our tables',
      'host_resource_taken',
      (_shop, { sequelize }) => ({
        resources: [{ resource: sequelize.define('Key', {}, { tableName: 'totp_devices' }) }],
      }),
    ],
    ...['users', 'pages', '*', '*_devices'].map((id): [string, string, NonNullable<HostSiteOptions['options']>] => [
      `an id that means something else here: ${id}`,
      'host_resource_taken',
      ({ Order }) => ({ resources: [{ resource: Order, options: { id } }] }),
    ]),
    ['the name of one of our components', 'host_component_taken', () => ({ componentLoader: loaderOf('HelpPerson') })],
    [
      'a component that cannot be read',
      'host_components',
      () => ({ componentLoader: loaderOf('Broken', 'Broken.jsx') }),
    ],
  ] satisfies [string, string, NonNullable<HostSiteOptions['options']>][])('%s', async (_name, code, options) => {
    await expect(startHostSite({ options })).rejects.toMatchObject({ code })
  })

  it('a requirement for an action that does not exist', async () => {
    const opening = startHostSite({ requirements: { 'order.delete': { maxAge: 300 } } })
    await expect(opening).rejects.toMatchObject({ code: 'requirement_invalid' })
  })

  it.each([
    ['a misspelt option', 'options_refused', 'requirments', { admin: {}, requirments: { 'orders.delete': null } }],
    [
      'an option of the site among those of AdminJS',
      'options_refused',
      'requirements',
      { resources: [], requirements: {} },
    ],
    ['files among the options of AdminJS', 'options_refused', 'files', { files: true }],
    ['a size that is not a number', 'options_refused', 'bodyLimit', { admin: {}, bodyLimit: '20mb' }],
    ['options without an AdminJS', 'options_refused', 'admin.admin', { admin: undefined, files: true }],
    [
      'a requirement that is nothing',
      'options_refused',
      'users.edit',
      { admin: {}, requirements: { 'users.edit': undefined } },
    ],
  ])('%s', async (_name, code, named, admin: object) => {
    const opening = startTestSite(database, {}, undefined, { admin })
    await expect(opening).rejects.toMatchObject({ code, message: expect.stringContaining(named) })
  })

  it("but a whole database is accepted without the site's tables", async () => {
    const open = await startHostSite({ options: (_shop, { sequelize }) => ({ resources: [], databases: [sequelize] }) })
    const browser = await signIn(open, await createTestUser(open, { superuser: true }))
    expect((await browser.get(`${api}/orders/actions/list`)).status).toBe(200)
    expect((await browser.visit(`${api}/orders/actions/new`, formWithFile())).status).toBe(400)
    for (const table of ['totp_devices', 'trusted_browsers', 'users']) {
      const { status, text } = await browser.get(`${api}/${table}/actions/list`)
      expect([200, 404]).toContain(status)
      expect(text).not.toMatch(/sealed|secret|hash/)
    }
    await open.close()
  })
})
