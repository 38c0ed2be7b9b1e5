import { describe, expect, it } from 'vitest'
import type { HttpBrowser } from '../support/http-browser.js'
import { signIn } from '../support/site.js'
import { usePanelSite } from './panel-site.js'
import { deviceModels } from '../support/device-models.js'

const site = usePanelSite()

const LIST = '/admin/api/resources/users/actions/list'

/** Signed in with the password alone, which is all that a user without a device can do. */
async function withoutToken(): Promise<HttpBrowser> {
  const person = await site().person({ app: false })
  return signIn(site(), person)
}

/** Between password and token. */
async function halfSignedIn(): Promise<HttpBrowser> {
  const person = await site().person()
  const browser = site().browser()
  await browser.post('/account/login', { username: person.email, password: person.password })
  return browser
}

describe('the entry to the panel', () => {
  it('redirects anonymous requests from a page to the login and back', async () => {
    const answer = await site().browser().get('/admin/resources/users?page=2')
    expect(answer).toMatchObject({
      status: 302,
      location: '/account/login?next=%2Fadmin%2Fresources%2Fusers%3Fpage%3D2',
    })
  })

  it('rejects anonymous API requests, between password and token as well', async () => {
    for (const browser of [site().browser(), await halfSignedIn()])
      expect(await browser.get(LIST)).toMatchObject({ status: 401, code: 'not_authenticated' })
  })

  it('redirects staff without a token to the token page, and rejects their API requests', async () => {
    const browser = await withoutToken()
    expect(await browser.get('/admin')).toMatchObject({ status: 302, location: '/account/login?next=%2Fadmin' })
    expect(await browser.get(LIST)).toMatchObject({ status: 403, code: 'not_verified' })
  })

  it('rejects verified users who are not staff, on pages too', async () => {
    const browser = await signIn(site(), await site().person({ staff: false }))
    for (const path of ['/admin', LIST])
      expect(await browser.get(path)).toMatchObject({ status: 403, code: 'not_staff' })
  })

  it('lets verified staff in and allows no caching', async () => {
    for (const path of ['/admin', LIST, '/admin/api/dashboard', '/admin/resources/totp_devices']) {
      const answer = await site().staff.get(path)
      expect({ path, ...answer }).toMatchObject({ path, status: 200 })
      expect(answer.headers['cache-control']).toBe('no-store')
    }
  })

  it('closes as soon as the user is no longer staff', async () => {
    const person = await site().person()
    const browser = await signIn(site(), person)
    await site().database.models.User.update({ is_staff: false }, { where: { id: person.id } })
    expect(await browser.get(LIST)).toMatchObject({ status: 403, code: 'not_staff' })
  })

  it('redirects the old login and logout paths to the new ones, for everyone', async () => {
    for (const browser of [site().staff, site().browser(), await halfSignedIn(), await withoutToken()]) {
      expect(await browser.get('/admin/login')).toMatchObject({ status: 302, location: '/account/login' })
      expect(await browser.get('/admin/logout')).toMatchObject({ status: 302, location: '/account/logout' })
    }
  })

  it.each([
    '/admin',
    '/admin/',
    '/admin/login',
    '/admin/logout',
    '/admin/nosuch',
    '/admin/resources/users',
    '/admin/resources/users/records/1/edit',
    '/admin/resources/users/bulk/bulkDelete',
    '/admin/api/resources/users/records/1/resetSecondFactor',
    '/admin/api/dashboard',
  ])('redirects nobody without a token back to a path they posted to: %s', async (path) => {
    const refused = [
      [site().browser(), 401, 'not_authenticated'],
      [await halfSignedIn(), 401, 'not_authenticated'],
      [await withoutToken(), 403, 'not_verified'],
    ] as const
    for (const [browser, status, code] of refused)
      expect(await browser.post(path)).toMatchObject({ status, code, location: undefined })
  })
})

describe('a path', () => {
  it.each([
    '/admin/nosuch',
    '/admin/resources/nosuch',
    '/admin/resources/users/actions/nosuch',
    '/admin/resources/users/actions/constructor',
    '/admin/resources/users/records/1/promote',
    '/admin/resources/totp_devices/records/1/invite',
    '/admin/api/resources/totp_devices/records/1/resetSecondFactor',
    '/admin/pages/report',
    '/admin/api/pages/report',
    '/admin/api/nosuch',
    '/admin/api/resources/nosuch/actions/list',
    '/admin/api/resources/users/actions/nosuch',
    '/admin/api/resources/users/actions/toString',
    '/admin/api/resources/constructor/actions/list',
    '/admin/api/resources/users/actions/show',
    '/admin/api/resources/users/records/1/list',
    '/admin/api/resources/users/search/a',
    '/admin/api/resources/users/records/999999/show',
    '/admin/api/resources/users/records/99999999999/show',
    '/admin/API/resources/users/actions/list',
    '/admin/api/Resources/users/actions/list',
    '/admin/api/resources/users/actions/list/',
    '/admin/frontend/assets/app.bundle.js',
    '/admin/frontend/assets/components.bundle.js',
  ])('is not found if it names nothing: %s', async (path) => {
    expect(await site().staff.get(path)).toMatchObject({ status: 404, code: 'not_found' })
  })

  it.each(['/admin/refresh-token', '/admin/login', '/admin/nosuch'])(
    'rejects POST if nothing is there: %s',
    async (path) => {
      const answer = await site().staff.post(path)
      expect([404, 405]).toContain(answer.status)
      expect((await site().browser().post(path)).status).toBeLessThan(500)
      expect((await site().staff.get('/admin')).status).toBe(200)
    },
  )
})

describe('a method', () => {
  it.each(['PUT', 'PATCH', 'DELETE', 'OPTIONS'])('is rejected if the panel does not know it: %s', async (method) => {
    for (const path of ['/admin', LIST, '/admin/api/dashboard']) {
      const answer = await site().staff.visit(path, { method })
      expect(answer.status).toBe(405)
      expect(answer.headers.allow).toBe('GET, HEAD, POST')
    }
  })

  it('HEAD returns what GET returns, without a body', async () => {
    for (const path of ['/admin', LIST, '/admin/api/dashboard'])
      expect(await site().staff.visit(path, { method: 'HEAD' })).toMatchObject({ status: 200, text: '' })
  })

  it('other than POST is rejected by every action that writes, and changes nothing', async () => {
    const person = await site().person({ backupTokens: 1 })
    const addresses = [
      `/admin/api/resources/users/records/${person.id}/edit`,
      ...['unlock', 'invite', 'giveBackupToken', 'endSessions', 'resetSecondFactor'].map(
        (action) => `/admin/api/resources/users/records/${person.id}/${action}`,
      ),
      `/admin/api/resources/totp_devices/records/${person.app?.id}/edit`,
      `/admin/api/resources/totp_devices/records/${person.app?.id}/delete`,
      `/admin/api/resources/static_devices/records/${person.backup?.id}/delete`,
      `/admin/api/resources/totp_devices/bulk/bulkDelete?recordIds=${person.app?.id}`,
      '/admin/api/resources/users/actions/new',
    ]
    for (const path of addresses)
      for (const method of ['GET', 'HEAD']) {
        const answer = await site().boss.visit(path, { method })
        expect({ path, ...answer }).toMatchObject({ path, status: 405 })
        expect(answer.headers.allow).toBe('POST')
      }
    expect(await deviceModels(site().database).TotpDevice.count({ where: { user_id: person.id } })).toBe(1)
    expect(await deviceModels(site().database).StaticDevice.count({ where: { user_id: person.id } })).toBe(1)
    expect(await site().database.models.AuditEvent.count({ where: { user_id: person.id } })).toBe(0)
  })

  it('POST is rejected by actions that only read', async () => {
    for (const path of ['/admin', LIST, '/admin/api/dashboard', '/admin/resources/users'])
      expect(await site().staff.post(path)).toMatchObject({ status: 405, code: 'method_not_allowed' })
  })
})

describe('another site', () => {
  it.each(['cross-site', 'same-site'])('cannot call anything, not even by GET: %s', async (from) => {
    const headers = { 'Sec-Fetch-Site': from }
    expect(await site().staff.visit(LIST, { headers })).toMatchObject({ status: 403, code: 'cross_origin' })
    const path = `/admin/api/resources/totp_devices/records/${site().bossPerson.app?.id}/delete`
    expect(await site().boss.visit(path, { method: 'POST', headers })).toMatchObject({ code: 'cross_origin' })
  })

  it.each(['document', 'image', 'iframe', 'script', ''])(
    "cannot make a call from anything but a script of the panel's page: %s",
    async (dest) => {
      const visit = (to: string) => site().staff.visit(LIST, { headers: { 'Sec-Fetch-Dest': to } })
      expect(await visit(dest)).toMatchObject({ status: 403, code: 'cross_origin' })
      expect((await visit('empty')).status).toBe(200)
    },
  )

  it.each(['null', 'https://evil.example'])('is recognised by its origin: %s', async (origin) => {
    const answer = await site().staff.visit(LIST, { headers: { Origin: origin } })
    expect(answer).toMatchObject({ status: 403, code: 'cross_origin' })
  })
})
