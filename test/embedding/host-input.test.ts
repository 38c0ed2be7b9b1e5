import type { AdminJSOptions } from 'adminjs'
import { DataTypes, type Model, type ModelStatic } from 'sequelize'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { messageOf } from '../admin/panel-site.js'
import type { HttpBrowser, HttpRequest } from '../support/http-browser.js'
import { createTestUser, signIn } from '../support/site.js'
import { type HostSite, startHostSite } from './host/start-host-site.js'
import { type PlainAdmin, startPlainAdmin } from './host/plain-admin.js'

const api = '/admin/api/resources'
let shop: HostSite
let plain: PlainAdmin
let browser: HttpBrowser

/** Answers with its input. */
const echo = (request: { query?: unknown; payload?: unknown }) =>
  Promise.resolve({ given: { query: request.query, payload: request.payload }, records: [] })

const optionsFor = (Thing: ModelStatic<Model>): Partial<AdminJSOptions> => ({
  resources: [
    {
      resource: Thing,
      options: { actions: { ask: { actionType: 'resource', component: false, handler: echo } } },
    },
  ],
  pages: { page: { component: 'Greeting', handler: echo } },
})

beforeAll(async () => {
  let options: Partial<AdminJSOptions> = {}
  shop = await startHostSite({
    options: (_shop, { sequelize }) => {
      const columns = { key: { type: DataTypes.TEXT, primaryKey: true }, title: DataTypes.TEXT, kv: DataTypes.JSONB }
      options = optionsFor(sequelize.define('Thing', columns, { tableName: 'things', timestamps: false }))
      return options
    },
  })
  await shop.database.sequelize.sync()
  plain = await startPlainAdmin(options)
  browser = await signIn(shop, await createTestUser(shop))
})
afterAll(async () => {
  await plain.close()
  await shop.close()
})

const places = [`${api}/things/actions/ask`, '/admin/api/pages/page']
const echoed = z.object({ given: z.unknown() })

/** Sends the same to both. */
async function send(place: string, query: string, visit: HttpRequest) {
  const sent = { method: 'POST', ...visit }
  return { ours: await browser.visit(place + query, sent), theirs: await plain.browser.visit(place + query, sent) }
}

async function expectSame(query: string, visit: HttpRequest): Promise<void> {
  for (const place of places) {
    const { ours, theirs } = await send(place, query, visit)
    expect([place, theirs.status]).toEqual([place, 200])
    expect([place, ours.status, ours.text]).toEqual([place, 200, expect.stringContaining('given')])
    expect(echoed.parse(JSON.parse(ours.text))).toEqual(echoed.parse(JSON.parse(theirs.text)))
  }
}

const json = (body: unknown): HttpRequest => ({
  body: typeof body === 'string' ? body : JSON.stringify(body),
  headers: { 'Content-Type': 'application/json' },
})
const form = (body: string): HttpRequest => ({ body, headers: { 'Content-Type': 'application/x-www-form-urlencoded' } })
const part = (name: string, value: string, more = '') =>
  `--b\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`
const multipart = (...parts: string[]): HttpRequest => ({
  body: `${parts.join('')}--b--\r\n`,
  headers: { 'Content-Type': 'multipart/form-data; boundary=b' },
})

describe('parameters of actions and pages', () => {
  it.each([
    '',
    '?',
    '?a=1',
    '?a',
    '?a=',
    '?=1',
    '?tag=a&tag=b&tag=',
    '?x[]=1&x[]=2',
    '?x[0]=a&x[b][c]=d',
    '?a.b.c=1',
    '?toString=1&hasOwnProperty=2&valueOf=3',
    `?${encodeURIComponent('Größe')}=${encodeURIComponent('ß 🚲')}`,
    '?q=a+b%20c%2Bd',
    '?page=intro&perPage=all&direction=north&sortBy=mood&searchProperty=x&recordIds=1,2',
    '?page=1&page=2',
    '?name=%C3%28',
    '?email=a@b.c&time=10:00&money=$5&path=/a/b',
    `?long=${'x'.repeat(6_000)}`,
    `?${'n'.repeat(300)}=1`,
    '?next=//evil.example&redirect=javascript:1',
  ])('arrive as in plain AdminJS: %s', async (query) => {
    await expectSame(query, {})
    expect.hasAssertions()
  })
})

describe('bodies of actions and pages', () => {
  const deep = (depth: number): unknown => (depth === 0 ? 'end' : { next: [deep(depth - 1)] })
  it.each<[string, HttpRequest]>([
    ['nothing', {}],
    ['JSON without content', json('')],
    ['an empty object', json({})],
    ['an empty list', json([])],
    ['a list of lists', json([[1], [[2]], []])],
    ['numbers, truth and nothing', json({ a: 1.5, b: -0, c: true, d: false, e: null, f: '' })],
    ['deep data', json(deep(50))],
    ['names of any script', json({ Größe: 1, サイズ: 2, 'a b': 3, '🚲': 4, "it's": 5, '': 6 })],
    ['names with dots and brackets', json({ 'a.b': 1, 'c[0]': 2, 'd[]': 3, 'e[f]': 4 })],
    ['dates and large numbers in text', json({ a: '2026-11-28T00:00:00Z', b: '9007199254740993' })],
    [
      'JSON of another charset name',
      { body: '{"a":"ß"}', headers: { 'Content-Type': 'application/json; charset=UTF-8' } },
    ],
    ['a type that is JSON, too', { body: '{"a":1}', headers: { 'Content-Type': 'application/vnd.api+json' } }],
    ['JSON in capitals', { body: '{"a":1}', headers: { 'Content-Type': 'Application/JSON' } }],
    ['a form', form('a=1&b=&c&d=x%20y+z&%C3%B6=%F0%9F%9A%B2')],
    ['a form with repeated names', form('a=1&a=2&b[]=1&b[]=2')],
    ['a form with an empty name', form('=1&a=2')],
    ['parts', multipart(part('a', '1'), part('b', ''), part('ö', 'ß 🚲'), part('a', '2'))],
    ['parts with lines', multipart(part('a', 'one\r\ntwo\nthree\rfour'))],
    ['parts with brackets and dots', multipart(part('kv.a', '1'), part('list.0', 'x'), part('c[0]', 'y'))],
  ])('arrive as in plain AdminJS: %s', async (_name, visit) => {
    await expectSame('', visit)
    expect.hasAssertions()
  })

  it.each<[string, string, HttpRequest, RegExp]>([
    ['a parameter that repeats', '?a*=1', {}, /a\*/],
    ['a parameter that reaches a prototype', '?a.constructor=1', {}, /constructor/],
    ['a field that reaches a prototype', '', json({ a: { 'b.__proto__': 1 } }), /__proto__/],
    ['a field that chooses', '', form('a%7Cb=1'), /a\|b/],
    ['half a surrogate pair', '', json('{"deep":{"list":["\\ud800"]}}'), /deep\.list\.0/],
    ['a NUL', '', json({ note: 'a\0b' }), /note/],
    ['a NUL in a form', '', form('note=a%00b'), /note/],
  ])('are rejected with the name of the field: %s', async (_name, query, visit, named) => {
    const answer = await browser.visit(`${api}/things/actions/ask${query}`, { method: 'POST', ...visit })
    expect([answer.status, messageOf(answer)]).toEqual([400, expect.stringMatching(named)])
  })

  it('are rejected with the reason if files are not enabled', async () => {
    const visit = multipart(part('scan', 'hello', '; filename="a.txt"\r\nContent-Type: text/plain'))
    for (const place of places) {
      const answer = await browser.visit(place, { method: 'POST', ...visit })
      expect([answer.status, messageOf(answer)]).toEqual([400, expect.stringContaining('files')])
    }
  })

  it('can have a field for a file without a chosen file', async () => {
    const visit = multipart(part('a', '1'), part('scan', '', '; filename=""\r\nContent-Type: application/octet-stream'))
    for (const place of places) {
      const answer = await browser.visit(place, { method: 'POST', ...visit })
      expect([answer.status, answer.text]).toEqual([200, expect.stringContaining('"payload":{"a":"1"}')])
    }
  })
})
