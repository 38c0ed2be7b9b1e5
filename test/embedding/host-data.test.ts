import { DataTypes, type Model, type ModelStatic } from 'sequelize'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ActionContext } from '../../src/admin/adminjs.js'
import { messageOf } from '../admin/panel-site.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { createTestUser, signIn } from '../support/site.js'
import { type HostSite, startHostSite } from './host/start-host-site.js'

const api = '/admin/api/resources'
let shop: HostSite
let browser: HttpBrowser
let Thing: ModelStatic<Model>

beforeAll(async () => {
  shop = await startHostSite({
    options: (_shop, { sequelize }) => {
      const columns = {
        title: DataTypes.STRING(10),
        amount: DataTypes.INTEGER,
        price: DataTypes.DECIMAL(5, 2),
        due: DataTypes.DATEONLY,
        state: DataTypes.ENUM('new', 'old'),
        code: DataTypes.UUID,
        parent: { type: DataTypes.INTEGER, references: { model: 'things', key: 'id' } },
      }
      Thing = sequelize.define('Thing', columns, { tableName: 'things', timestamps: false })
      const fail = {
        actionType: 'record' as const,
        component: false as const,
        handler: async (_request: unknown, _response: unknown, { record }: ActionContext) => {
          await sequelize.query("select 'x'::int")
          return { record: record?.toJSON() }
        },
      }
      return { resources: [{ resource: Thing, options: { actions: { fail } } }] }
    },
  })
  await Thing.sync()
  const first = await Thing.create({ title: 'First' })
  await Thing.create({ title: 'Second', parent: first.get('id') })
  browser = await signIn(shop, await createTestUser(shop))
})
afterAll(() => shop.close())

const rows = async () => JSON.stringify(await Thing.findAll({ raw: true, order: ['id'] }))

describe('data that the database rejects', () => {
  it.each([
    ['a text that is too long', { title: 'x'.repeat(11) }],
    ['a number that is too large', { amount: '99999999999' }],
    ['a number with too many digits', { price: '1234567.89' }],
    ['a word as a number', { amount: 'many' }],
    ['half a number', { amount: '1.5' }],
    ['what is not a day', { due: 'someday' }],
    ['a value that is not on the list', { state: 'lost' }],
    ['what is not a UUID', { code: 'abc' }],
    ['a reference to nothing', { parent: '4711' }],
  ])('is rejected with the reason and changes nothing: %s', async (_what, form) => {
    const before = await rows()
    for (const address of [`${api}/things/records/1/edit`, `${api}/things/actions/new`]) {
      const answer = await browser.post(address, form)
      expect([address, answer.status < 500, await rows()]).toEqual([address, true, before])
    }
  })

  it.each([
    ['record', () => browser.post(`${api}/things/records/1/delete`)],
    ['bulk', () => browser.post(`${api}/things/bulk/bulkDelete?recordIds=1`)],
  ])('includes deleting what other rows refer to: %s', async (_kind, send) => {
    const before = await rows()
    const answer = await send()
    expect([answer.status, messageOf(answer)]).toEqual([400, expect.stringContaining('other records may still refer')])
    expect(await rows()).toBe(before)
    expect(shop.log.join('')).toContain('SequelizeForeignKeyConstraintError')
  })

  it('stays an error of the host if its own handler sent it', async () => {
    const answer = await browser.post(`${api}/things/records/1/fail`)
    expect([answer.status, answer.code]).toEqual([500, 'internal'])
  })
})
