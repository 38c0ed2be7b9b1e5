import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { recordOf, rowsOf } from '../admin/panel-site.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { openPage, useChromium } from '../support/chromium.js'
import { packageRoot } from '../../src/package-root.js'
import { installExample, otpAdmin, type RunningExample, startExample } from './run-example.js'

const email = 'ada@shop.example'
const password = 'correct horse battery'
const api = '/admin/api/resources/products'
const example = path.join(packageRoot, 'examples/existing-adminjs')

let installed: ReturnType<typeof installExample>
let before: RunningExample
let after: RunningExample

beforeAll(async () => {
  installed = installExample('existing-adminjs')
  before = await startExample(installed.folder, 'before/app.js')
  after = await startExample(installed.folder, 'after/app.js')
  // The site creates its user at the first sign-in, which redirects to the setup of a device.
  await after.browser().post('/account/login', { username: email, password })
  otpAdmin(after.dataDir, ['add-static-token', '--user', email])
}, 300_000)
afterAll(async () => {
  await Promise.all([before.stop(), after.stop()])
  installed.remove()
})

describe('the change', () => {
  it('has at most fifteen lines, the ones in second-factor.diff', () => {
    const patch = readFileSync(path.join(example, 'second-factor.diff'), 'utf8')
    expect(patch).toBe(difference('before/app.js', 'after/app.js'))
    const changed = patch.split('\n').filter((line) => /^[-+](?![-+]{2} )/.test(line))
    expect(changed.length).toBeGreaterThan(0)
    expect(changed.length).toBeLessThanOrEqual(15)
  })
})

/** Returns the output of `git diff`, which exits with 1 if there is a difference. */
function difference(from: string, to: string): string {
  const command = ['diff', '--no-index', '--no-color', '--no-ext-diff', '--abbrev=7', from, to]
  try {
    return execFileSync('git', command, { cwd: example }).toString()
  } catch (found) {
    return String(Reflect.get(Object(found), 'stdout'))
  }
}

describe('the application before', () => {
  it('lets anyone in with a password', async () => {
    const browser = before.browser()
    expect(await browser.post('/admin/login', { email, password })).toMatchObject({ status: 302, location: '/admin' })
    expect(rowsOf(await browser.get(`${api}/actions/list`))).toHaveLength(2)
  })
})

describe('the application after', () => {
  /** Every path of AdminJS and of its sign-in. */
  const paths = [
    '/admin',
    '/admin/login',
    '/admin/logout',
    '/admin/refresh-token',
    '/admin/resources/products',
    '/admin/resources/products/actions/new',
    '/admin/resources/products/records/1/show',
    '/admin/resources/products/bulk/bulkDelete?recordIds=1',
    '/admin/pages/any',
    '/admin/api/dashboard',
    '/admin/api/pages/any',
    `${api}/actions/list`,
    `${api}/actions/search/a`,
    `${api}/search/a`,
    `${api}/actions/new`,
    `${api}/records/1/show`,
    `${api}/records/1/edit`,
    `${api}/records/1/delete`,
    `${api}/bulk/bulkDelete?recordIds=1`,
    '/admin/frontend/assets/app.bundle.js',
    '/admin/frontend/assets/global.bundle.js',
    '/admin/frontend/assets/design-system.bundle.js',
    '/admin/frontend/assets/components.bundle.js',
    '/admin/frontend/assets/logo.svg',
  ]
  const spellings: [string, (path: string) => string][] = [
    ['unchanged', (path) => path],
    ['with a slash at the end', (path) => path.replace(/(\?|$)/, '/$1')],
    ['in capitals', (path) => path.toUpperCase()],
    ['with one letter encoded', (path) => path.replace('/admin', '/%61dmin')],
    ['with a slash encoded', (path) => path.replace('/admin/', '/admin%2f')],
    ['with two slashes', (path) => path.replaceAll('/', '//')],
    ['through another folder', (path) => `/account/..${path}`],
    ['with a path parameter', (path) => path.replace('/admin', '/admin;x=1')],
    ['as an absolute URL', (path) => `http://localhost${path}`],
  ]

  it.each(spellings)('lets nobody in with only a password, at any path, spelled %s', async (_name, spell) => {
    const pending = after.browser()
    expect(await pending.post('/account/login', { username: email, password })).toMatchObject({ status: 303 })
    for (const browser of [after.browser(), pending]) {
      for (const target of paths)
        for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'])
          await expectDenied(browser, method, spell(target))
      expect(await browser.get('/admin')).toMatchObject({ status: 302 })
    }
  })

  async function expectDenied(browser: HttpBrowser, method: string, target: string): Promise<void> {
    const form = method === 'POST' ? { email, username: email, password } : undefined
    const answer = await browser.visit(target, { method, ...(form && { form }) })
    expect([302, 400, 401, 403, 404, 405], `${method} ${target}`).toContain(answer.status)
    expect(answer.text).not.toMatch(/eggs|loaf|function|<svg/)
  }

  it('works as before with password and token', async () => {
    const browser = await signIn()
    expect(rowsOf(await browser.get(`${api}/actions/list`))).toHaveLength(2)
    expect(rowsOf(await browser.get(`${api}/actions/search/loaf`))).toMatchObject([{ stock: 7 }])
    const made = await browser.post(`${api}/actions/new`, { name: 'Salt', stock: '3' })
    const salt = `${api}/records/${String(recordOf(made).params['id'])}`
    await browser.post(`${salt}/edit`, { name: 'Salt', stock: '30' })
    expect(recordOf(await browser.get(`${salt}/show`)).params).toMatchObject({ name: 'Salt', stock: 30 })
    expect((await browser.post(`${salt}/delete`)).status).toBe(200)
    expect((await browser.get(`${salt}/show`)).status).toBe(404)
    const orders = '/admin/api/resources/orders'
    const ordered = await browser.post(`${orders}/actions/new`, { customer: 'Ada', product_id: '1' })
    const order = `${orders}/records/${String(recordOf(ordered).params['id'])}`
    expect((await browser.get(`${order}/ship`)).status).toBe(405)
    expect(recordOf(await browser.post(`${order}/ship`)).params).toMatchObject({ shipped: true })
  })

  it("keeps the shop's rule about roles: viewers cannot ship, before and after", async () => {
    const viewer = 'bob@shop.example'
    const ship = '/admin/api/resources/orders/records/1/ship'
    const old = before.browser()
    await old.post('/admin/login', { email: viewer, password })
    expect((await old.post(ship)).text).toContain('ForbiddenError')
    await after.browser().post('/account/login', { username: viewer, password })
    const now = await signIn(viewer)
    expect(await now.post(ship)).toMatchObject({ status: 403, code: 'not_allowed' })
    expect(recordOf(await now.get('/admin/api/resources/orders/records/1/show')).params).toMatchObject({
      shipped: false,
    })
  })

  async function signIn(person = email): Promise<HttpBrowser> {
    const browser = after.browser()
    const token = otpAdmin(after.dataDir, ['add-static-token', '--user', person]).trim()
    const answer = await browser.post('/account/login', { username: person, password, otp_token: token })
    expect(answer.status).toBe(303)
    return browser
  }

  describe('in a browser', () => {
    const chromium = useChromium()

    it('shows the component of the application, edits its records and runs its action', async () => {
      const signedIn = { browser: await signIn(), baseUrl: after.baseUrl }
      const { page, complaints, context } = await openPage(chromium(), { signedIn })
      await page.goto(`${after.baseUrl}/admin/resources/products`)
      await page.getByText('7 left').click()
      await page.getByTestId('action-edit').click()
      await page.getByLabel('Stock').fill('70')
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByText('70 left').waitFor()
      await page.goto(`${after.baseUrl}/admin/resources/orders/records/1/show`)
      await page.getByTestId('action-ship').click()
      await page.getByText('The order is on its way.').waitFor()
      expect(complaints).toEqual([])
      await context.close()
    })
  })
})
