import { DataTypes, type Model, type ModelStatic } from 'sequelize'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ActionContext } from '../../src/admin/adminjs.js'
import { messageOf, recordOf } from '../admin/panel-site.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { createTestUser, signIn } from '../support/site.js'
import { type HostSite, startHostSite } from './host/start-host-site.js'

const api = '/admin/api/resources'
const keys = [
  'a/b',
  '100%',
  '%2F',
  'Größe',
  'a,b',
  'a.b',
  'two words',
  `"it's"`,
  '..',
  'x'.repeat(1_000),
  '🚲',
  'a?b#c',
  '0b9a7f0e-8b5c-4d3c-9f5e-1d2c3b4a5f60',
  '9007199254740993',
  'new\nline',
]
let shop: HostSite
let Ticket: ModelStatic<Model>
let browser: HttpBrowser
const asked: unknown[] = []

beforeAll(async () => {
  shop = await startHostSite({
    options: (_shop, { sequelize }) => {
      Ticket = sequelize.define(
        'Ticket',
        { key: { type: DataTypes.TEXT, primaryKey: true }, title: DataTypes.TEXT, kv: DataTypes.JSONB },
        { tableName: 'tickets', timestamps: false },
      )
      const note = (request: { query?: unknown; payload?: unknown }) => {
        asked.push({ query: request.query, payload: request.payload })
        return Promise.resolve({ records: [], given: request.payload })
      }
      return {
        resources: [
          {
            resource: Ticket,
            options: {
              actions: {
                ask: { actionType: 'resource', component: false, handler: note },
                count: {
                  actionType: 'bulk',
                  component: false,
                  handler: (_request: unknown, _response: unknown, { records = [] }: ActionContext) =>
                    Promise.resolve({ records: records.map((each) => each.toJSON()) }),
                },
              },
            },
          },
        ],
        pages: { page: { component: 'Greeting', handler: note } },
      }
    },
  })
  await Ticket.sync()
  await Ticket.bulkCreate(keys.map((key) => ({ key, title: 'Old' })))
  browser = await signIn(shop, await createTestUser(shop))
})
afterAll(() => shop.close())

const json = (body: unknown) => ({
  method: 'POST',
  body: JSON.stringify(body),
  headers: { 'Content-Type': 'application/json' },
})

describe('a record whose key is any text', () => {
  it.each(keys)('is shown and saved: %j', async (key) => {
    const record = `${api}/tickets/records/${encodeURIComponent(key)}`
    const answer = await browser.get(`${record}/show`)
    expect(recordOf(answer).params).toMatchObject({ key })
    expect((await browser.post(`${record}/edit`, { title: 'New' })).status).toBe(200)
    expect((await Ticket.findByPk(key))?.get('title')).toBe('New')
  })

  it('is found among ticked rows that the page lists in the body', async () => {
    const answer = await browser.post(`${api}/tickets/bulk/count?recordIds=`, { recordIds: JSON.stringify(keys) })
    expect(JSON.parse(answer.text).records).toHaveLength(keys.length)
  })
})

describe('ticked rows', () => {
  const named = Array.from(
    { length: 501 },
    (_none, index) => `${String(index).padStart(8, '0')}-8b5c-4d3c-9f5e-1d2c3b4a5f60`,
  )

  it('can be as many as a list has, with keys too long for a URL, but not more', async () => {
    await Ticket.bulkCreate(named.map((key) => ({ key })))
    const most = { recordIds: JSON.stringify(named.slice(0, 500)) }
    const form = await browser.visit(`${api}/tickets/bulk/bulkDelete?recordIds=`, {
      method: 'POST',
      form: most,
      headers: { 'X-Panel-Form': '1' },
    })
    expect(JSON.parse(form.text).records).toHaveLength(500)
    expect((await browser.post(`${api}/tickets/bulk/count`, { recordIds: JSON.stringify(named) })).status).toBe(400)
    expect((await browser.post(`${api}/tickets/bulk/bulkDelete`, most)).status).toBe(200)
    expect(await Ticket.count({ where: { key: named } })).toBe(1)
  })

  it.each(['', '[]', '[""]', '{}', 'x', '["a",1]'])(
    'are rejected if they are not a list of keys: %j',
    async (recordIds) => {
      expect((await browser.post(`${api}/tickets/bulk/count`, { recordIds })).status).toBe(400)
    },
  )
})

describe('the data of a row', () => {
  const edit = (form: Record<string, string>) => browser.post(`${api}/tickets/records/..%2Fkv/edit`, form)
  beforeAll(() => Ticket.create({ key: '../kv', title: 'Old', kv: {} }))

  it.each([
    'Shoe size',
    'Größe',
    'サイズ',
    'a-b',
    'Preis (€)',
    'list[0]',
    "it's",
    'a/b',
    '50%',
    '🚲',
    'new:old',
    '$x',
    '#1',
    'גודל',
    'e\u0301',
    '0',
    ' with spaces ',
    'toString',
    'hasOwnProperty',
    'length',
    'a\u200bb',
    'x'.repeat(900),
    '"quoted", <b>',
    'a..b',
  ])('can have any word as a key: %s', async (key) => {
    const answer = await edit({ title: key, [`kv.${key}`]: '42' })
    expect([answer.status, answer.text]).toMatchObject([200, expect.not.stringContaining('"error"')])
    expect((await Ticket.findByPk('../kv'))?.get('title')).toBe(key)
  })

  it.each(['\ufffd', 'tab\tand\nline', '\u0001', '\u202e', '\u{10ffff}', 'x'.repeat(500_000), ''])(
    'can have any text as a value: %#',
    async (title) => {
      expect((await edit({ title })).status).toBe(200)
      expect((await Ticket.findByPk('../kv'))?.get('title')).toBe(title)
    },
  )

  it.each([
    'kv.__proto__',
    'kv.constructor.x',
    'kv.(a|a)*b',
    'kv.a+',
    'kv.(',
    'kv.[z-a]',
    'kv[__proto__].x',
    'kv.x.prototype',
    'kv~~__proto__',
    `kv.${'x'.repeat(1_000)}`,
    'kv.a\nb',
    'kv.a\0b',
  ])('is rejected with the name of the field: %s', async (name) => {
    const answer = await edit({ title: 'refused', [name]: '1' })
    expect(answer.status).toBe(400)
    expect(messageOf(answer)).toContain('kv')
    expect((await Ticket.findByPk('../kv'))?.get('title')).not.toBe('refused')
  })
})

describe('parameters and bodies of actions and pages', () => {
  const places = [`${api}/tickets/actions/ask`, '/admin/api/pages/page']

  it.each(places)('arrive as plain AdminJS passes them on: %s', async (place) => {
    asked.length = 0
    expect(
      (await browser.visit(`${place}?tag=a&tag=b&x[y]=1`, json({ list: [1, { a: null }], 'x[0]': true }))).status,
    ).toBe(200)
    await browser.visit(place, json([{ a: 1 }, 2]))
    await browser.visit(place, {
      method: 'POST',
      body: 'a=1&a=2',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    })
    expect(asked).toMatchObject([
      { query: { tag: ['a', 'b'], 'x[y]': '1' }, payload: { list: [1, { a: null }], 'x[0]': true } },
      { payload: { 0: { a: 1 }, 1: 2 } },
      { payload: { a: ['1', '2'] } },
    ])
  })

  it('are not parsed after the first field too many', async () => {
    const fields = Array.from({ length: 1_200 }, (_none, index) => `f${index}`)
    const part = (name: string) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n1\r\n`
    for (const [type, body] of [
      ['application/x-www-form-urlencoded', fields.map((name) => `${name}=1`).join('&')],
      ['application/json', JSON.stringify(Object.fromEntries(fields.map((name) => [name, 1])))],
      ['application/json', `{"a":${'['.repeat(2_000)}${']'.repeat(2_000)}}`],
      ['multipart/form-data; boundary=b', `${fields.map(part).join('')}--b--\r\n`],
    ] as const) {
      const visit = { method: 'POST', body, headers: { 'Content-Type': type } }
      for (const place of [...places, `${api}/users/records/1/edit`])
        expect((await browser.visit(place, visit)).status).toBeGreaterThanOrEqual(400)
    }
    const text = json({ note: ',{['.repeat(2_000) })
    expect((await browser.visit(places[0] ?? '', text)).status).toBe(200)
  })
})
