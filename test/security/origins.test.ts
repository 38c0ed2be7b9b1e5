import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { HttpResponse, HttpBrowser } from '../support/http-browser.js'
import { createTestUser, type TestUser, signIn, type TestSite } from '../support/site.js'
import { openSite } from './open-site.js'
import { panelRouteTable } from './panel-routes.table.js'
import { routeTable } from './routes.table.js'
import { sendRaw } from './send-raw.js'
import { takeSnapshot } from './snapshot.js'

let site: TestSite
let superuser: HttpBrowser
let other: TestUser

beforeAll(async () => {
  site = await openSite({ BASE_URL: 'https://admin.example.com' })
  superuser = await signIn(site, await createTestUser(site, { superuser: true }))
  other = await createTestUser(site, { backupTokens: 2 })
})
afterAll(() => site.close())

const OWN = 'https://admin.example.com'
const sites = [undefined, 'same-origin', 'none', 'same-site', 'cross-site', 'SAME-ORIGIN', ''] as const
const origins = [
  undefined,
  OWN,
  'null',
  'https://evil.example',
  'https://admin.example.com:8443',
  'http://admin.example.com',
  'https://admin.example.com.evil.example',
  'https://evil.example/https://admin.example.com',
  'https://sub.admin.example.com',
  'https://example.com',
  'https://admin.example.com/',
  'HTTPS://ADMIN.EXAMPLE.COM',
  '',
] as const

/** The senders from which a change is accepted: see docs/http-api.md. */
function mayPass(fetchSite: string | undefined, origin: string | undefined): boolean {
  const siteIsFine = fetchSite === undefined || fetchSite === 'same-origin' || fetchSite === 'none'
  return siteIsFine && (origin === undefined || origin === OWN)
}

const senders = sites.flatMap((fetchSite) =>
  origins.map((origin) => ({ fetchSite, origin, passes: mayPass(fetchSite, origin) })),
)

/** A request with these two headers and no others of their kind. */
async function send(
  browser: HttpBrowser,
  method: string,
  path: string,
  { fetchSite, origin, referer }: { fetchSite?: string | undefined; origin?: string | undefined; referer?: string },
): Promise<{ status: number; body: string }> {
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const lines = [
    `${method} ${path} HTTP/1.1`,
    'Host: localhost',
    'Connection: close',
    'Content-Type: application/x-www-form-urlencoded',
    'Content-Length: 0',
    ...(cookie ? [`Cookie: ${cookie}`] : []),
    ...(fetchSite === undefined ? [] : [`Sec-Fetch-Site: ${fetchSite}`]),
    ...(origin === undefined ? [] : [`Origin: ${origin}`]),
    ...(referer === undefined ? [] : [`Referer: ${referer}`]),
  ]
  return sendRaw(site.baseUrl, `${lines.join('\r\n')}\r\n\r\n`)
}

const codeOf = (body: string) => /data-code="(\w+)"|"code":"(\w+)"/.exec(body)?.slice(1).find(Boolean)

describe('a request that changes something', () => {
  it.each(senders)('from Sec-Fetch-Site $fetchSite and Origin $origin passes: $passes', async (sender) => {
    const before = await takeSnapshot(site.database)
    const { passes } = sender
    // Each is harmless if it passes: an empty form, a change to nothing, a record that does not exist.
    for (const [path, answer] of [
      ['/account/login', 422],
      [`/admin/api/resources/users/records/${other.id}/edit`, 200],
      ['/admin/api/resources/totp_devices/records/2147483647/delete', 404],
      ['/admin/api/resources/totp_devices/bulk/bulkDelete?recordIds=2147483647', 404],
      ['/admin/api/resources/users/actions/new', 400],
      ['/nowhere', 404],
    ] as const) {
      const { status, body } = await send(superuser, 'POST', path, sender)
      expect([path, status]).toEqual([path, passes ? answer : 403])
      expect([path, codeOf(body) === 'cross_origin']).toEqual([path, !passes])
    }
    const after = await takeSnapshot(site.database)
    // The audit log has an event for an empty sign-in that passes.
    expect({ ...after, audit_events: passes ? [] : after['audit_events'] }).toEqual({
      ...before,
      audit_events: passes ? [] : before['audit_events'],
    })
  })

  it.each(['PUT', 'PATCH', 'DELETE', 'PROPPATCH'])('is rejected from another site by %s as well', async (method) => {
    for (const path of ['/account/logout', '/admin', `/admin/api/resources/users/records/${other.id}/edit`]) {
      const { status, body } = await send(superuser, method, path, { fetchSite: 'cross-site' })
      expect([status, codeOf(body)]).toEqual([403, 'cross_origin'])
    }
  })

  it('ends no session if it is from another site', async () => {
    for (const path of ['/account/logout', '/account/two-factor/sessions'])
      for (const sender of [
        { fetchSite: 'cross-site' },
        { origin: 'null' },
        { fetchSite: 'same-origin', origin: 'http://admin.example.com' },
      ])
        expect((await send(superuser, 'POST', path, sender)).status).toBe(403)
    expect((await superuser.get('/admin')).status).toBe(200)
  })

  it('is rejected with two origins', async () => {
    const { status } = await send(superuser, 'POST', '/account/logout', { origin: `${OWN}\r\nOrigin: ${OWN}` })
    expect(status).toBe(403)
  })
})

describe('the Referer of a request', () => {
  it.each<[string, boolean]>([
    [`${OWN}/account/login`, true],
    [OWN, true],
    ['', true],
    ['/account/login', true],
    ['http://evil.example/', false],
    ['https://evil.example/https://admin.example.com/', false],
    ['https://admin.example.com.evil.example/', false],
    ['https://admin.example.com@evil.example/', false],
    ['https://admin.example.com:8443/', false],
    ['http://admin.example.com/', false],
    ['about:blank', false],
    ['data:text/html,x', false],
    ['android-app://com.example.mail/', false],
  ])('lets a form without the other two headers pass for %s: %s', async (referer, passes) => {
    for (const [method, path, status] of [
      ['POST', '/account/login', 422],
      ['POST', `/admin/api/resources/users/records/${other.id}/edit`, 200],
      ['GET', '/admin/api/resources/users/actions/list', 200],
    ] as const) {
      const answer = await send(superuser, method, path, { referer })
      expect([path, answer.status, codeOf(answer.body) === 'cross_origin']).toEqual([
        path,
        passes ? status : 403,
        !passes,
      ])
    }
  })

  it('is rejected if it names another site, although other headers name this one', async () => {
    const sender = { fetchSite: 'same-origin', origin: OWN, referer: 'https://evil.example/' }
    expect((await send(superuser, 'POST', '/account/logout', sender)).status).toBe(403)
  })

  it('of another site still opens a page', async () => {
    expect((await send(superuser, 'GET', '/account/two-factor', { referer: 'https://evil.example/' })).status).toBe(200)
  })
})

describe('a panel call that reads', () => {
  it.each(senders.filter(({ origin }) => origin === undefined || origin === OWN || origin === 'null'))(
    'from Sec-Fetch-Site $fetchSite and Origin $origin passes: $passes',
    async (sender) => {
      for (const path of ['/admin/api/dashboard', '/admin/api/resources/users/actions/list']) {
        const { status, body } = await send(superuser, 'GET', path, sender)
        expect([path, status, codeOf(body)]).toEqual([
          path,
          sender.passes ? 200 : 403,
          sender.passes ? undefined : 'cross_origin',
        ])
      }
    },
  )

  it('opens a page from a link on another site all the same', async () => {
    for (const path of ['/admin', '/account/two-factor', '/account/login'])
      expect((await send(superuser, 'GET', path, { fetchSite: 'cross-site' })).status).toBe(200)
  })
})

describe('the error for a rejected request', () => {
  type RejectionCase = [cause: string, sender: Parameters<typeof send>[3], words: string]
  const cases: RejectionCase[] = [
    ['another site', { fetchSite: 'cross-site' }, 'came from another site'],
    ['a subdomain', { fetchSite: 'same-site', origin: 'https://sub.admin.example.com' }, 'came from another site'],
    ['an origin of another site', { origin: 'https://evil.example' }, 'came from another site'],
    ['a page of another site', { referer: 'https://evil.example/' }, 'came from another site'],
    ['this site at another URL', { fetchSite: 'same-origin', origin: 'http://localhost' }, `Open ${OWN}`],
    ['this site at another URL, in an old browser', { referer: 'http://localhost/account' }, `Open ${OWN}`],
    ['a page that the browser hides', { fetchSite: 'same-origin', origin: 'null' }, 'hid which page'],
    ['a sandboxed frame', { origin: 'null' }, 'hid which page'],
    ['a sandboxed frame of another site', { fetchSite: 'cross-site', origin: 'null' }, 'came from another site'],
  ]
  const words = cases.map(([, , each]) => each)

  it.each(cases)('states the cause and a way out: %s', async (_cause, sender, expected) => {
    for (const [method, path] of [
      ['POST', '/account/login'],
      ['POST', `/admin/api/resources/users/records/${other.id}/edit`],
      ['GET', '/admin/api/resources/users/actions/list'],
    ] as const) {
      const { status, body } = await send(superuser, method, path, sender)
      const text = body.replaceAll('&#39;', "'")
      expect([path, status, codeOf(body)]).toEqual([path, 403, 'cross_origin'])
      expect(words.filter((each) => text.includes(each))).toEqual(words.filter((each) => each === expected))
      expect(text).toContain('try again')
    }
  })

  it.each([
    ['a link', 'same-origin', 'document'],
    ['a typed URL', 'none', 'document'],
    ['an image', 'same-origin', 'image'],
    ['a frame', 'same-origin', 'iframe'],
    ['a download', 'same-origin', 'document'],
  ])('says of an API call without a script that only scripts can make it: %s', async (_cause, from, to) => {
    const headers = { 'Sec-Fetch-Site': from, 'Sec-Fetch-Dest': to, 'Sec-Fetch-Mode': 'navigate', Origin: OWN }
    for (const method of ['GET', 'POST'])
      for (const path of ['/admin/api/dashboard', '/admin/api/resources/users/actions/list']) {
        const { status, text, code } = await superuser.visit(path, { method, headers })
        expect([method, path, status, code]).toEqual([method, path, 403, 'cross_origin'])
        expect(text).toContain('Open the record in the panel instead')
        expect(text).not.toContain('another site')
      }
  })

  it('does not appear for pages, in any context', async () => {
    for (const to of ['document', 'iframe', 'image', 'empty'])
      for (const from of ['none', 'same-origin', 'cross-site']) {
        const headers = { 'Sec-Fetch-Site': from, 'Sec-Fetch-Dest': to }
        expect((await superuser.visit('/account/two-factor', { headers })).status).toBe(200)
      }
  })
})

describe('GET and HEAD change nothing', () => {
  const actions = ['list', 'search', 'show', 'new', 'edit', 'delete', 'bulkDelete']
  const tables = ['users', 'totp_devices', 'static_devices', 'static_tokens', 'audit_events']
  const addresses = () => {
    const ids = { users: other.id, totp_devices: other.app?.id, static_devices: other.backup?.id }
    return tables.flatMap((table) =>
      actions.flatMap((action) => {
        const id = Reflect.get(ids, table) ?? 1
        const at = `/admin/api/resources/${table}`
        const fields = '?name=Changed&is_active=false&is_superuser=true&confirmed=false'
        return [
          `${at}/actions/${action}${fields}`,
          `${at}/actions/${action}/x${fields}`,
          `${at}/records/${id}/${action}${fields}`,
          `${at}/bulk/${action}${fields}&recordIds=${id}`,
        ]
      }),
    )
  }

  it.each(['GET', 'HEAD'])('by %s on every action of every resource', async (method) => {
    const before = await takeSnapshot(site.database)
    for (const address of addresses()) {
      const answer = await superuser.visit(address, { method })
      expect([address, [200, 400, 403, 404, 405].includes(answer.status)]).toEqual([address, true])
      expect([address, method === 'HEAD' && answer.text !== '']).toEqual([address, false])
    }
    expect(await takeSnapshot(site.database)).toEqual(before)
  })

  it.each(['GET', 'HEAD'])('by %s on every route, with the fields of a form in the query', async (method) => {
    const before = await takeSnapshot(site.database)
    const form = `username=${encodeURIComponent(other.email)}&password=wrong&otp_token=000000&otp_device=totp/1`
    for (const { address } of [...routeTable, ...panelRouteTable]) {
      const path = address.replace('%id', String(other.id)).replace('%device', String(other.app?.id))
      const answer: HttpResponse = await superuser.visit(`${path}${path.includes('?') ? '&' : '?'}${form}`, { method })
      expect([path, answer.status < 500]).toEqual([path, true])
    }
    expect(await takeSnapshot(site.database)).toEqual(before)
    expect((await superuser.get('/admin')).status).toBe(200)
  })

  it('and a HEAD response is that of GET, without the body', async () => {
    for (const path of ['/admin', '/account/login', '/account/two-factor', '/admin/api/dashboard', '/healthz']) {
      const [get, head] = [await superuser.get(path), await superuser.visit(path, { method: 'HEAD' })]
      expect([head.status, head.headers['content-type'], head.text]).toEqual([
        get.status,
        get.headers['content-type'],
        '',
      ])
    }
  })
})
