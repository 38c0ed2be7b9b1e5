import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { HttpResponse, HttpBrowser } from '../support/http-browser.js'
import { createTestUser, type TestUser, type TestSite } from '../support/site.js'
import { type HostileBody, hostileBodies, hostileFormsForPanel } from './hostile-bodies.js'
import { openSite } from './open-site.js'
import { rawRequest, sendRaw } from './send-raw.js'
import { takeSnapshot } from './snapshot.js'
import { signInRequester } from './requesters.js'

let site: TestSite
let superuser: HttpBrowser
let pending: HttpBrowser
let other: TestUser

beforeAll(async () => {
  site = await openSite()
  superuser = (await signInRequester(site, 'verified superuser')).browser
  pending = (await signInRequester(site, 'pending')).browser
  other = await createTestUser(site, { backupTokens: 2 })
})
afterAll(() => site.close())

const api = '/admin/api/resources'

/** Each requester has the permission, so that only the body can be rejected. */
const readers = (): [HttpBrowser, string][] => [
  [superuser, `${api}/users/records/${other.id}/edit`],
  [superuser, `${api}/users/actions/new`],
  [superuser, `${api}/totp_devices/records/${other.app?.id}/edit`],
  [superuser, `${api}/totp_devices/records/${other.app?.id}/delete`],
  [superuser, `${api}/static_devices/bulk/bulkDelete?recordIds=${other.backup?.id}`],
]
const forms = ({ login }: Partial<HostileBody> = {}): [HttpBrowser, string][] => [
  [site.browser(), '/account/login'],
  [pending, '/account/login'],
  ...(login ? [] : endings()),
]
const endings = (): [HttpBrowser, string][] => [
  [superuser, '/account/logout'],
  [superuser, '/account/two-factor/sessions'],
]
/** These are rejected before the body is read. */
const others = (): [HttpBrowser, string][] => [
  [superuser, `${api}/audit_events/actions/new`],
  [superuser, `${api}/users/actions/list`],
  [superuser, `${api}/users/actions/search/x`],
  [superuser, `${api}/audit_events/records/1/edit`],
  [superuser, '/admin/api/dashboard'],
  [superuser, '/admin/refresh-token'],
  [superuser, '/admin'],
]

function send(browser: HttpBrowser, path: string, { type, body, headers }: HostileBody): Promise<HttpResponse> {
  return browser.visit(path, { method: 'POST', body, headers: { 'Content-Type': type, ...headers } })
}

/** Details about how the site is built, or messages of its database. */
const INSIDE = /node_modules|\bat \S+:\d+|sequelize|select |update |invalid input syntax|unexpected token|violates/i

function expectRefusal(answer: HttpResponse, path: string): void {
  expect(answer.code).toMatch(/^[a-z_]+$/)
  expect(answer.text).not.toMatch(INSIDE)
  expect(answer.headers['content-type']).toMatch(path.startsWith('/admin/api') ? /^application\/json/ : /^text\/html/)
}

async function expectRefused(tried: [HttpBrowser, string][], hostile: HostileBody): Promise<void> {
  const before = await takeSnapshot(site.database)
  for (const [browser, path] of tried) {
    const answer = await send(browser, path, hostile)
    expect([path, answer.status, answer.code]).toEqual([
      path,
      hostile.status ?? 400,
      hostile.status ? 'too_large' : 'bad_request',
    ])
    expectRefusal(answer, path)
  }
  expect(await takeSnapshot(site.database)).toEqual(before)
}

afterEachGoodRequest()

/** After every input, the next request is served, and no error was logged. */
function afterEachGoodRequest(): void {
  afterAll(async () => {
    expect((await superuser.get('/admin')).status).toBe(200)
    expect((await superuser.post(`${api}/users/records/${other.id}/edit`, { name: 'Changed' })).status).toBe(200)
    expect(site.log.filter((line) => /"level":(50|60)/.test(line))).toEqual([])
  })
}

describe('the panel rejects a body with', () => {
  it.each([...hostileBodies, ...hostileFormsForPanel])('$name', async (hostile) => {
    await expectRefused(readers(), hostile)
  })

  it.each([
    { name: 1 },
    { name: true },
    { name: null },
    { name: 'x'.repeat(151) },
    { name: 'a\u0007b' },
    { is_active: 'maybe' },
    { is_active: 2 },
    { is_staff: null },
  ])('the wrong type or length in %j', async (fields) => {
    const before = await takeSnapshot(site.database)
    const path = `${api}/users/records/${other.id}/edit`
    const answer = await send(superuser, path, { name: '', type: 'application/json', body: JSON.stringify(fields) })
    expect([answer.status, answer.code]).toEqual([400, 'bad_request'])
    expect(await takeSnapshot(site.database)).toEqual(before)
  })
})

describe("the site's forms reject a body with", () => {
  it.each(hostileBodies.filter(({ type }) => type.startsWith('application/x-www-form')))('$name', async (hostile) => {
    await expectRefused(forms(hostile), hostile)
  })

  it.each(hostileBodies.filter(({ type }) => !type.startsWith('application/x-www-form')))('$name', async (hostile) => {
    const before = await takeSnapshot(site.database)
    for (const [browser, path] of forms()) {
      const answer = await send(browser, path, hostile)
      expect([400, 413]).toContain(answer.status)
      expectRefusal(answer, path)
    }
    expect(await takeSnapshot(site.database)).toEqual(before)
  })

  it.each(hostileFormsForPanel.slice(-1))('$name', async (many) => {
    await expectRefused(forms(), { ...many, status: 413 })
  })

  it.each([
    ['username', 'x'.repeat(255)],
    ['password', 'x'.repeat(1025)],
    ['otp_token', '1'.repeat(15_000)],
    ['otp_device', 'x'.repeat(33)],
    ['next', 'x'.repeat(2001)],
  ])('a %s that is too long', async (field, value) => {
    const before = await takeSnapshot(site.database)
    for (const browser of [site.browser(), pending])
      expect(await browser.post('/account/login', { [field]: value })).toMatchObject({
        status: 400,
        code: 'bad_request',
      })
    expect(await takeSnapshot(site.database)).toEqual(before)
  })

  it.each([
    'totp/0',
    'totp/-1',
    'totp/1e3',
    'totp/2147483648',
    'totp/9999999999',
    '__proto__/1',
    'users/1',
    'totp/1;x',
    '../1',
  ])('the device %s', async (device) => {
    const answer = await pending.post('/account/login', { otp_device: device, otp_token: '123456' })
    expect(answer).toMatchObject({ status: 422, code: 'invalid_token' })
  })

  it.each(['１２３４５６', '12345６', '+12345', '1e5000', '0x1234', '123456\u200b', '-00001', '١٢٣٤٥٦'])(
    'the token %j',
    async (token) => {
      const before = await takeSnapshot(site.database, ['totp_devices', 'users', 'user_groups', 'audit_events'])
      const browser = (await signInRequester(site, 'pending')).browser
      const answer = await browser.post('/account/login', { otp_token: token })
      expect(answer).toMatchObject({ status: 422, code: 'invalid_token' })
      expect((await browser.get('/admin')).status).toBe(302)
      const after = await takeSnapshot(site.database, ['totp_devices', 'users', 'user_groups', 'audit_events'])
      expect({ ...after, sessions: [] }).toEqual({ ...before, sessions: [] })
    },
  )
})

describe('paths that accept no such body', () => {
  // A redirect would go back to a path that does not accept GET.
  it('answer anonymous requests with 401, for any input', async () => {
    for (const hostile of [...hostileBodies, ...hostileFormsForPanel])
      expect([hostile.name, (await send(site.browser(), '/admin/refresh-token', hostile)).status]).toEqual([
        hostile.name,
        401,
      ])
  })

  it.each([...hostileBodies, ...hostileFormsForPanel])('reject $name', async (hostile) => {
    const before = await takeSnapshot(site.database)
    for (const [browser, path] of others()) {
      const answer = await send(browser, path, hostile)
      expect([400, 403, 404, 405, 413]).toContain(answer.status)
      expectRefusal(answer, path)
    }
    expect(await takeSnapshot(site.database)).toEqual(before)
  })
})

describe('the panel rejects a query with', () => {
  it.each([
    'filters.__proto__.x=1',
    '__proto__.x=1',
    'constructor.prototype.x=1',
    'filters.constructor.prototype.x=1',
    'filters.email.x=1',
    'filters.email=a&filters.email=b',
    'filters.nosuch=1',
    'filters.id=a',
    'filters.id=99999999999',
    'filters.id=-1',
    'filters.is_staff=maybe',
    'filters.created_at=2026-01-01',
    'filters.created_at~~from=yesterday',
    'filters.created_at~~from=0000-01-01',
    'filters.created_at~~from=0001-01-01T00:00:00%2B14:00',
    'filters.created_at~~from=2026-99-01',
    'filters.created_at~~middle=2026-01-01',
    'filters.created_at~~__proto__=2026-01-01',
    'filters.created_at~~from~~from=2026-01-01',
    'filters.email=a%00b',
    '((=1',
    `${'a'.repeat(60)}!=1&(a|a)*b=1`,
    'filters.((=1',
    'page=0',
    'page=-5',
    'page=abc',
    'page=1e3',
    'page=99999999999999999999',
    'perPage=-1',
    'perPage=abc',
    'perPage=0',
    'page=1&page=2',
    'direction=sideways',
    'direction=asc;drop',
    'sortBy=nosuch',
    'sortBy=password_hash',
    'sortBy=created_at',
    'sortBy=email%22;--',
    'sortBy=details.x',
    'sortBy=__proto__',
    'sortBy=constructor',
    `filters.email=${'x'.repeat(3000)}`,
  ])('%s', async (query) => {
    const answer = await superuser.get(`${api}/users/actions/list?${query}`)
    expect([answer.status, answer.code]).toEqual([400, 'bad_request'])
    expectRefusal(answer, api)
  })

  it.each([
    `${api}/users/actions/search/x?searchProperty=password_hash`,
    `${api}/users/actions/search/x?searchProperty=__proto__`,
    `${api}/users/actions/search/x?searchProperty=nosuch`,
    `${api}/users/actions/search/a%00b`,
    `${api}/users/actions/search/%zz`,
    `${api}/users/actions/search/%c0%af`,
    `${api}/users/records/abc/show`,
    `${api}/users/records/1%00/show`,
    `${api}/users/records/-1/show`,
    `${api}/users/records/1;x/show`,
  ])('%s', async (address) => {
    const answer = await superuser.get(address)
    expect([answer.status, answer.code]).toEqual([400, 'bad_request'])
    expectRefusal(answer, api)
  })

  it.each(['99999999999', '2147483648', '2147483647'])('a record %s that cannot be', async (id) => {
    expect((await superuser.get(`${api}/users/records/${id}/show`)).status).toBe(404)
    expect((await superuser.post(`${api}/users/records/${id}/edit`, { name: 'x' })).status).toBe(404)
    expect((await superuser.post(`${api}/totp_devices/records/${id}/delete`)).status).toBe(404)
  })

  it.each([
    '',
    'abc',
    '1,abc',
    '1,,2',
    '-1',
    '99999999999',
    '1%00',
    Array(101).fill(1).join(),
    '0',
    '1;2',
    '1%20or%201=1',
  ])('the record ids %j', async (ids) => {
    const before = await takeSnapshot(site.database)
    const answer = await superuser.post(`${api}/totp_devices/bulk/bulkDelete?recordIds=${ids}`)
    expect([answer.status, answer.code]).toEqual([400, 'bad_request'])
    expect(await takeSnapshot(site.database)).toEqual(before)
  })
})

describe('on the wire', () => {
  const line = 'POST /account/login HTTP/1.1'
  const type = 'Content-Type: application/x-www-form-urlencoded'
  const form = () => `username=${encodeURIComponent(other.email)}&password=wrong`

  it.each<[string, string[], string, number[]]>([
    ['a negative length', ['Content-Length: -1'], '', [400]],
    ['a length that is not a number', ['Content-Length: ten'], '', [400]],
    ['two lengths', ['Content-Length: 4', 'Content-Length: 5'], 'a=bcd', [400]],
    ['a length and chunks', ['Content-Length: 4', 'Transfer-Encoding: chunked'], '0\r\n\r\n', [400]],
    ['an unknown transfer coding', ['Transfer-Encoding: cow'], 'a=b', [400, 501]],
    ['chunked that is not last', ['Transfer-Encoding: chunked, gzip'], '0\r\n\r\n', [400]],
    ['a chunk size that is not a number', ['Transfer-Encoding: chunked'], 'zz\r\nab\r\n0\r\n\r\n', [400]],
    ['a huge chunk size', ['Transfer-Encoding: chunked'], 'fffffffffffffffff\r\nab\r\n0\r\n\r\n', [400]],
    ['a header without a colon', ['Nonsense'], '', [400]],
    ['a header with a NUL', ['X-A: a\0b'], '', [400]],
    ['a header with a line feed', ['X-A: a\n b: c\rd'], '', [400]],
    ['20 kB of headers', [`X-A: ${'a'.repeat(20_000)}`], '', [431]],
    ['3,000 headers', Array.from({ length: 3000 }, (_, index) => `X-${index}: 1`), '', [431]],
    ['a space before the colon', ['Transfer-Encoding : chunked'], '0\r\n\r\n', [400]],
  ])('rejects %s', async (_name, headers, body, statuses) => {
    const before = await takeSnapshot(site.database)
    const answer = await sendRaw(site.baseUrl, rawRequest(line, [type, ...headers], body))
    expect(statuses).toContain(answer.status)
    expect(await takeSnapshot(site.database)).toEqual(before)
  })

  it('changes nothing for a body that ends too early', async () => {
    const before = await takeSnapshot(site.database)
    for (const headers of [['Content-Length: 5000'], ['Transfer-Encoding: chunked']]) {
      const body = headers[0]?.startsWith('T') ? `400\r\n${form()}` : form()
      await sendRaw(site.baseUrl, rawRequest(line, [type, ...headers], body), true)
    }
    expect(await takeSnapshot(site.database)).toEqual(before)
  })

  it('does not serve a second request hidden in the body', async () => {
    const hidden = 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'
    const body = `${form()}\r\n\r\n${hidden}`
    const answer = await sendRaw(site.baseUrl, rawRequest(line, [type, `Content-Length: ${body.length}`], body))
    expect(answer.head.match(/HTTP\/1\.1/g) ?? []).toHaveLength(1)
    expect(answer.body).not.toContain('HTTP/1.1')
  })

  it.each([
    'otp_session=%zz',
    'otp_session=s%3A',
    'otp_session=s%3A.',
    'otp_session=s%3Ax.%00',
    'otp_session=j%3A%7B%7D',
    `otp_session=s%3A${'a'.repeat(8000)}.b`,
    'otp_session="; otp_session=',
    'otp_session=s:__proto__.x',
    '=; ;;; otp_session',
  ])('treats the cookie %s as anonymous, without an error', async (cookie) => {
    expect((await sendRaw(site.baseUrl, rawRequest('GET /admin HTTP/1.1', [`Cookie: ${cookie}`]))).status).toBe(302)
    expect((await sendRaw(site.baseUrl, rawRequest('GET /account/login HTTP/1.1', [`Cookie: ${cookie}`]))).status).toBe(
      200,
    )
  })

  it.each([
    'a'.repeat(15_000),
    'Mozilla/5.0 ('.repeat(1_000),
    '/'.repeat(15_000),
    ' '.repeat(15_000),
    'Version/1.'.repeat(1_400),
  ])('accepts a browser named %.20s… without an error or a delay', async (userAgent) => {
    const answer = await site.browser(userAgent).post('/account/login', { username: other.email, password: 'wrong' })
    expect(answer.code).toBe('invalid_login')
  })
})
