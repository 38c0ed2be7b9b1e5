import express, { type Express, Router } from 'express'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { otpRequired } from '../../src/auth/guards/otp-required.js'
import { findRoutes } from '../../src/http/paths/find-routes.js'
import { createTestUser, signIn } from '../support/site.js'
import { type Host, startHost } from './host.js'

const says =
  (text: string): express.RequestHandler =>
  (_req, res) =>
    void res.send(text)
const files = () => express.static(import.meta.dirname)

/** The paths of the site, as far as these tests need them. */
const isOwn = (path: string) => /^\/admin(\/|$)/.test(path) || path === '/account/login'
const site: express.RequestHandler = (_req, _res, next) => next()

const nested = () => Router().get('/report', says('report')).post('/sums', says('sums'))

/** Ways to handle a path, and the paths that the log names for them. */
const ways: Record<string, [way: (app: Express) => void, paths: string[]]> = {
  'a route below the panel': [(app) => void app.get('/admin/report', says('report')), ['/admin/report']],
  'a route in other letters': [(app) => void app.get('/Admin/report', says('report')), ['/Admin/report']],
  'several paths at once': [
    (app) => void app.all(['/admin/a', '/b', '/admin/c/:id'], says('x')),
    ['/admin/a', '/admin/c/:id'],
  ],
  'a route with parameters': [(app) => void app.route('/admin/sums/:year').get(says('sums')), ['/admin/sums/:year']],
  'a router at the panel': [(app) => void app.use('/admin', nested()), ['/admin/report', '/admin/sums']],
  'a router in a router': [
    (app) => void app.use(Router().use('/admin', Router().use('/shop', nested()))),
    ['/admin/shop/report', '/admin/shop/sums'],
  ],
  'static files below the panel': [(app) => void app.use('/admin/files', files()), ['/admin/files']],
  'static files at the panel': [(app) => void app.use('/admin', files()), ['/admin']],
  'a handler below the panel': [(app) => void app.use('/admin/report', says('report')), ['/admin/report']],
  'a page of ours': [(app) => void app.get('/account/login', says('mine')), ['/account/login']],
}

describe.each(Object.keys(ways))('%s', (name) => {
  const [way, paths] = ways[name] ?? [() => {}, []]

  it('is found before the site, which cannot guard it', () => {
    const app = express()
    way(app)
    app.use(site)
    expect(findRoutes(app, site, isOwn)).toEqual({ open: paths, unreachable: [] })
  })

  it('is found after the site, which no request passes', () => {
    const app = express()
    app.use(site)
    way(app)
    expect(findRoutes(app, site, isOwn)).toEqual({ open: [], unreachable: paths })
  })
})

it('finds nothing among routes and handlers that work with the site', () => {
  const app = express()
  app.use(express.static(import.meta.dirname), (_req, _res, next) => next())
  app.use('/admin', (_req, _res, next) => next())
  app.use('/administration', nested())
  app.use(site)
  app.use(express.json())
  app.use('/shop', nested())
  app.get(/^\/reports/, says('reports'))
  app.get('/account/settings', says('mine'))
  app.get('/{*rest}', says('nothing here'))
  expect(findRoutes(app, site, isOwn)).toEqual({ open: [], unreachable: [] })
})

it("finds what it can in Express 4's router, and nothing in a router without the site", () => {
  const noHandler = () => {}
  const regexp = /^\/admin\/files\/?(?=\/|$)/i
  const stack = [
    { route: { path: '/admin/report' }, handle: noHandler },
    { regexp, handle: noHandler },
    { handle: site },
  ]
  const app = { _router: { stack } }
  expect(findRoutes(app, site, isOwn)).toEqual({ open: ['/admin/report', '/admin/files'], unreachable: [] })
  for (const other of [express().use(nested()), {}, { _router: { stack: [null] } }])
    expect(findRoutes(other, site, isOwn)).toEqual({ open: [], unreachable: [] })
})

it('is logged once, after the first request', async () => {
  const host = await startHost({}, (app, { router }) => {
    app.get('/admin/report', says('report'))
    app.use(router)
    app.get('/account/login', says('mine'))
  })
  await host.browser().get('/')
  await host.browser().get('/account/login')
  const logged = host.log.map((line) => JSON.parse(line)).filter(({ code }) => String(code).startsWith('host_routes'))
  expect(logged).toMatchObject([
    { code: 'host_routes_open', paths: ['/admin/report'] },
    { code: 'host_routes_unreachable', paths: ['/account/login'] },
  ])
  await host.close()
})

describe('routes that were moved out of the panel', () => {
  let host: Host
  beforeAll(async () => {
    host = await startHost({}, (app, site) => {
      app.use(site.router)
      app.get('/reports', otpRequired(site.auth), says('report'))
      app.use('/files', otpRequired(site.auth), files())
      app.get('/account/settings', otpRequired(site.auth), says('settings'))
      app.get('/account/open', says('open'))
    })
  })
  afterAll(() => host.close())

  it.each(['/reports', '/files/host-routes.test.ts', '/account/settings'])(
    'are only for verified users with the guard: %s',
    async (path) => {
      const response = await host.browser().get(path)
      expect([response.status, response.location]).toEqual([302, `/account/login?next=${encodeURIComponent(path)}`])
      const browser = await signIn(host, await createTestUser(host))
      expect((await browser.get(path)).status).toBe(200)
    },
  )

  it('are open below /account without a guard', async () => {
    expect((await host.browser().get('/account/open')).text).toBe('open')
  })
})
