import type { AdminJSOptions } from 'adminjs'
import { DataTypes, type Model, type ModelStatic } from 'sequelize'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { HttpResponse, HttpBrowser } from '../support/http-browser.js'
import { createTestUser, signIn } from '../support/site.js'
import { type HostSite, startHostSite } from './host/start-host-site.js'
import { type PlainAdmin, startPlainAdmin } from './host/plain-admin.js'

const api = '/admin/api/resources'
/** A type of key, and keys of it. Both panels can find each row. */
const tables = {
  uuids: { type: DataTypes.UUID, keys: ['0b9a7f0e-8b5c-4d3c-9f5e-1d2c3b4a5f60'] },
  // What @adminjs/sequelize finds: no zero, nothing negative, nothing beyond 2^53.
  bigints: { type: DataTypes.BIGINT, keys: ['12', '9007199254740991'] },
  numbers: { type: DataTypes.INTEGER, keys: ['7', '2147483647'] },
  decimals: { type: DataTypes.DECIMAL(20, 5), keys: ['1.50000', '12345678901234.12345'] },
  texts: {
    type: DataTypes.TEXT,
    keys: [
      'a/b',
      '100%',
      '%2F',
      'Größe',
      'a,b',
      'a.b',
      'two words',
      '..',
      '.',
      '🚲',
      'a?b#c',
      '\\',
      '+',
      'x'.repeat(2_000),
      'null',
      'undefined',
      '__proto__',
      'constructor',
    ],
  },
}
type Name = keyof typeof tables
const names: Name[] = ['uuids', 'bigints', 'numbers', 'decimals', 'texts']
const cases = names.flatMap((name) => tables[name].keys.map((key): [Name, string] => [name, key]))

let shop: HostSite
let plain: PlainAdmin
let ours: HttpBrowser
const models = new Map<Name, ModelStatic<Model>>()

beforeAll(async () => {
  let options: Partial<AdminJSOptions> = {}
  shop = await startHostSite({
    options: (_shop, { sequelize }) => {
      const resources = names.map((name) => {
        const columns = {
          key: { type: tables[name].type, primaryKey: true },
          title: DataTypes.TEXT,
          other: { type: tables[name].type, references: { model: name, key: 'key' } },
        }
        const model = sequelize.define(name, columns, { tableName: name, timestamps: false })
        models.set(name, model)
        return { resource: model, options: { properties: { other: { reference: name } } } }
      })
      options = { resources }
      return { resources }
    },
  })
  await shop.database.sequelize.sync()
  for (const [name, model] of models)
    for (const key of tables[name].keys) await model.create({ key, title: `Row ${key.slice(0, 20)}`, other: key })
  plain = await startPlainAdmin(options)
  ours = await signIn(shop, await createTestUser(shop))
})
afterAll(async () => {
  await plain.close()
  await shop.close()
})

const record = z.object({
  id: z.unknown(),
  params: z.record(z.string(), z.unknown()),
  populated: z.record(z.string(), z.object({ id: z.unknown(), title: z.unknown() }).nullish()),
})
const answer = z.object({
  record: record.optional(),
  records: z.array(record).optional(),
  meta: z.object({ total: z.number() }).optional(),
})
const shapeOf = ({ status, text }: HttpResponse) => ({ status, ...answer.parse(JSON.parse(text)) })

describe('a row with any key', () => {
  it.each(cases)('is answered as in plain AdminJS: %s %j', async (name, key) => {
    const record = `${api}/${name}/records/${encodeURIComponent(key)}`
    const reads = [
      `${record}/show`,
      `${record}/edit`,
      `${api}/${name}/actions/list?filters.key=${encodeURIComponent(key)}`,
      `${api}/${name}/actions/list?filters.other=${encodeURIComponent(key)}`,
      `${api}/${name}/actions/search/Row?searchProperty=title`,
    ]
    for (const address of reads) {
      const [here, there] = [await ours.get(address), await plain.browser.get(address)]
      expect([address, shapeOf(here)]).toEqual([address, shapeOf(there)])
      expect(here.status).toBe(200)
    }
    const saved = await ours.post(`${record}/edit`, { title: 'Saved' })
    expect(saved.status).toBe(200)
    const row = await models.get(name)?.findByPk(key)
    expect([row?.get('title'), String(row?.get('key')), String(row?.get('other'))]).toEqual(['Saved', key, key])
  })
})
