import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Host, startHost } from './host.js'

describe.each([false, true])('a route of the host below the panel, its routes case-sensitive: %s', (isStrict) => {
  let host: Host
  beforeAll(async () => {
    host = await startHost({}, (app, site) => {
      app.set('case sensitive routing', isStrict)
      app.use(site.router)
      for (const path of ['/admin/report', '/admin/:one/two', '/administration', '/Admin/own'])
        app.get(path, (_req, res) => void res.send('the report'))
    })
  })
  afterAll(() => host.close())

  it.each(['/admin/report', '/ADMIN/report', '/Admin/Report', '/admiN/one/two', '/ADMIN/report/', '/ADMIN//report'])(
    'is reached by nobody who has not signed in: %s',
    async (path) => {
      const answer = await host.browser().get(path)
      expect([302, 404]).toContain(answer.status)
      expect(answer.text).not.toContain('the report')
    },
  )

  it("is the host's own when the path is another one", async () => {
    expect((await host.browser().get('/administration')).text).toBe('the report')
    expect((await host.browser().get('/Admin/own')).text === 'the report').toBe(isStrict)
  })
})
