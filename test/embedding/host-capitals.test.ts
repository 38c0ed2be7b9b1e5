import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Host, startHost } from './host.js'

describe.each([false, true])("a host's route below the panel, with case-sensitive routes: %s", (isStrict) => {
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
    'cannot be reached without signing in: %s',
    async (path) => {
      const answer = await host.browser().get(path)
      expect([302, 404]).toContain(answer.status)
      expect(answer.text).not.toContain('the report')
    },
  )

  it("is the host's own if the path is different", async () => {
    expect((await host.browser().get('/administration')).text).toBe('the report')
    expect((await host.browser().get('/Admin/own')).text === 'the report').toBe(isStrict)
  })
})
