import type { AdminJSOptions } from 'adminjs'
import { DataTypes, type Model, type ModelStatic } from 'sequelize'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { ActionContext } from '../../src/admin/adminjs.js'
import { messageOf } from '../admin/panel-site.js'
import type { HttpResponse, HttpBrowser, HttpRequest } from '../support/http-browser.js'
import { createTestUser, signIn } from '../support/site.js'
import { type HostSite, startHostSite } from './host/start-host-site.js'
import { type PlainAdmin, startPlainAdmin } from './host/plain-admin.js'

const api = '/admin/api/resources'
const UUID = '0b9a7f0e-8b5c-4d3c-9f5e-1d2c3b4a5f60'

/** A type of key, keys of its rows, and values that are not the key of any row. */
const tables = {
  uuids: {
    type: DataTypes.UUID,
    keys: [UUID, '1b9a7f0e-8b5c-4d3c-9f5e-1d2c3b4a5f60'],
    others: ['abc', '1', '0b9a7f0e', 'a,b', 'ß', `{${UUID}}x`, `${UUID}0`, '%', "' or ''='"],
  },
  numbers: {
    type: DataTypes.INTEGER,
    keys: ['-2147483648', '-1', '0', '1', '2147483647'],
    others: ['abc', '1.5', '1e0', '0x1', '99999999999', '9'.repeat(40), 'NaN', 'Infinity', '１', "1' or 1=1", '--'],
  },
  bigints: {
    type: DataTypes.BIGINT,
    keys: ['-5', '0', '12', '9007199254740991'],
    others: ['9223372036854775808', 'x', '1.0', '-9223372036854775809'],
  },
  decimals: { type: DataTypes.DECIMAL(20, 5), keys: ['1.50000', '7.00000'], others: ['x', '2.5', 'NaN', '1,5'] },
  texts: {
    type: DataTypes.TEXT,
    keys: [
      '0',
      '-1',
      'a/b',
      'a,b',
      'a',
      'b',
      'Größe',
      '🚲',
      '%',
      ' ',
      'true',
      'null',
      '[]',
      '{}',
      '*',
      '.*',
      '$&',
      UUID,
    ],
    others: ['nope', 'A', 'a ', 'grÖße', 'a/b/', '\\'],
  },
  states: { type: DataTypes.ENUM('new', 'in use'), keys: ['new', 'in use'], others: ['x', 'New', 'new,'] },
}
type Name = keyof typeof tables
const names: Name[] = ['uuids', 'numbers', 'bigints', 'decimals', 'texts', 'states']

let shop: HostSite
let plain: PlainAdmin
let ours: HttpBrowser
const models = new Map<string, ModelStatic<Model>>()
/** The row that the application's own action ran on. */
const touched: unknown[] = []

const touch = {
  actionType: 'record' as const,
  component: false as const,
  handler: (_request: unknown, _response: unknown, { record, currentAdmin }: ActionContext) => {
    touched.push(record?.id())
    return Promise.resolve({ record: record?.toJSON(currentAdmin) })
  },
}

beforeAll(async () => {
  let options: Partial<AdminJSOptions> = {}
  shop = await startHostSite({
    options: (_shop, { sequelize }) => {
      const define = (name: string, columns: Parameters<typeof sequelize.define>[1]) =>
        models.set(name, sequelize.define(name, columns, { tableName: name, timestamps: false }))
      for (const name of names)
        define(name, { key: { type: tables[name].type, primaryKey: true }, title: DataTypes.TEXT })
      const part = () => ({ type: DataTypes.INTEGER, primaryKey: true })
      define('pairs', { a: part(), b: part(), title: DataTypes.TEXT })
      define('keyless', { code: DataTypes.INTEGER, title: DataTypes.TEXT })
      models.get('keyless')?.removeAttribute('id')
      options = {
        resources: [...models.values()].map((resource) => ({ resource, options: { actions: { touch } } })),
      }
      return options
    },
  })
  await shop.database.sequelize.sync()
  plain = await startPlainAdmin(options)
  ours = await signIn(shop, await createTestUser(shop))
})
afterAll(async () => {
  await plain.close()
  await shop.close()
})

const pairs = [1, 2, 3].flatMap((a) => [1, 2].map((b) => ({ a, b }))).slice(0, 5)

async function fill(name: string): Promise<void> {
  const model = models.get(name)
  const found = names.find((each) => each === name)
  const rows = found ? tables[found].keys.map((key) => ({ key })) : name === 'pairs' ? pairs : [{ code: 1 }]
  await model?.destroy({ where: {}, truncate: true })
  await model?.bulkCreate(rows.map((row) => ({ ...row, title: 'Old' })))
}

async function rowsOf(name: string): Promise<string[]> {
  const rows = (await models.get(name)?.findAll({ raw: true })) ?? []
  return rows.map((row) => JSON.stringify(row)).toSorted()
}

const post: HttpRequest = { method: 'POST', form: {} }
const callsOf = (name: string, key: string): Record<string, [string, HttpRequest]> => {
  const written = encodeURIComponent(key)
  return {
    show: [`${api}/${name}/records/${written}/show`, {}],
    form: [`${api}/${name}/records/${written}/edit`, {}],
    edit: [`${api}/${name}/records/${written}/edit`, { method: 'POST', form: { title: 'New' } }],
    delete: [`${api}/${name}/records/${written}/delete`, post],
    touch: [`${api}/${name}/records/${written}/touch`, post],
    filter: [`${api}/${name}/actions/list?filters.key=${written}&sortBy=key&perPage=50`, {}],
    search: [`${api}/${name}/actions/search/${written}?searchProperty=key`, {}],
    ask: [`${api}/${name}/bulk/bulkDelete?recordIds=${written}`, {}],
    bulkDelete: [`${api}/${name}/bulk/bulkDelete?recordIds=${written}`, post],
  }
}

async function sendTo(browser: HttpBrowser, name: string, [address, visit]: [string, HttpRequest]) {
  await fill(name)
  const before = await rowsOf(name)
  touched.length = 0
  const answer = await browser.visit(address, visit)
  const after = await rowsOf(name)
  return { answer, rows: after, touched: [...touched], changed: before.join() !== after.join() }
}

const found = z.object({ id: z.unknown(), params: z.unknown() })
const body = z.object({ record: found.optional(), records: z.array(found).optional() })
const shapeOf = ({ status, text }: HttpResponse) => ({ status, ...body.parse(JSON.parse(text)) })
/** What AdminJS's adapter finds for the keys in the database. */
const isFound = (name: Name, key: string) => (name !== 'numbers' && name !== 'bigints') || Number(key) > 0

const known = names.flatMap((name) => tables[name].keys.map((key): [Name, string] => [name, key]))
describe('the key of a row', () => {
  it.each(known)('means the same row as in plain AdminJS, and no other: %s %j', async (name, key) => {
    for (const [what, call] of Object.entries(callsOf(name, key))) {
      const [here, there] = [await sendTo(ours, name, call), await sendTo(plain.browser, name, call)]
      expect([what, here.rows, here.touched]).toEqual([what, there.rows, there.touched])
      const [said, expected] =
        isFound(name, key) || !call[0].includes('/records/')
          ? [shapeOf(here.answer), shapeOf(there.answer)]
          : [
              [here.answer.status, here.changed],
              [404, false],
            ]
      expect([what, said]).toEqual([what, expected])
    }
  })
})

function statusesOf(call: string): number[] {
  if (call === 'filter' || call === 'search') return [200, 400]
  return call === 'ask' || call === 'bulkDelete' ? [200, 400, 404] : [404]
}

const unknown = names.flatMap((name) => tables[name].others.map((key): [Name, string] => [name, key]))
describe('what is not the key of a row', () => {
  it.each(unknown)('is not found, is not logged as an error, and changes nothing: %s %j', async (name, key) => {
    shop.log.length = 0
    for (const [what, call] of Object.entries(callsOf(name, key))) {
      const { answer, changed, touched: ran } = await sendTo(ours, name, call)
      expect([what, statusesOf(what)]).toEqual([what, expect.arrayContaining([answer.status])])
      // A comma in a URL separates two keys, and the second can be a row's.
      const mayRun = what === 'bulkDelete' && key.includes(',')
      expect([what, mayRun || !changed, ran]).toEqual([what, true, []])
    }
    expect(shop.log.filter((line) => line.includes('unhandled error in the panel'))).toEqual([])
    const { rows } = await shop.database.pool.query("select 1 from audit_events where event = 'panel_refused'")
    expect(rows).toEqual([])
  })

  it('is named as the filter it is', async () => {
    const answer = await ours.get(`${api}/uuids/actions/list?filters.key=abc`)
    expect([answer.status, messageOf(answer)]).toEqual([400, "This filter doesn't exist, or its value isn't valid."])
  })
})

describe('a key of several columns', () => {
  const shared = ['1', '2', '1,2', '3,1']
  it.each(shared)('changes no row if several begin with it: %s', async (key) => {
    for (const [what, call] of Object.entries(callsOf('pairs', key))) {
      if (!/bulk|ask/i.test(what) && (key.includes(',') || what === 'show' || what === 'filter' || what === 'search'))
        continue
      const { answer, changed, touched: ran } = await sendTo(ours, 'pairs', call)
      expect([what, answer.status, changed, ran]).toEqual([what, 400, false, []])
      expect(messageOf(answer)).toContain('Several records have this key')
    }
  })

  it('works as in plain AdminJS if one row begins with it', async () => {
    for (const [what, call] of Object.entries(callsOf('pairs', '3'))) {
      if (what === 'filter' || what === 'search') continue
      const [here, there] = [await sendTo(ours, 'pairs', call), await sendTo(plain.browser, 'pairs', call)]
      expect([what, here.rows, here.touched, shapeOf(here.answer)]).toEqual([
        what,
        there.rows,
        there.touched,
        shapeOf(there.answer),
      ])
    }
  })

  it.each(['4', 'x', '1.5', "1' or 1=1"])('is not found if no row begins with it: %s', async (key) => {
    for (const [what, call] of Object.entries(callsOf('pairs', key))) {
      if (what === 'filter' || what === 'search') continue
      const { answer, changed } = await sendTo(ours, 'pairs', call)
      expect([what, answer.status, changed]).toEqual([what, 404, false])
    }
  })
})

describe('a row without a key', () => {
  it('cannot be named in a call about records', async () => {
    for (const [what, call] of Object.entries(callsOf('keyless', '1'))) {
      if (what === 'filter' || what === 'search') continue
      const { answer, changed } = await sendTo(ours, 'keyless', call)
      expect([what, answer.status, changed]).toEqual([what, 404, false])
    }
  })
})
