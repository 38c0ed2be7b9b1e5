import { expect } from 'vitest'
import type { HttpBrowser, HttpResponse } from './http-browser.js'
import { useSite } from './journey.js'
import type { TestUser } from './site.js'

export const TRUSTED_COOKIE = 'otp_trusted'

/** A site that trusts browsers for 30 days, and the steps of its tests. */
export function useTrustedBrowsers() {
  const site = useSite({ TRUST_BROWSER_DAYS: '30' })
  const enter = ({ post }: HttpBrowser, { email, password }: TestUser): Promise<HttpResponse> =>
    post('/account/login', { username: email, password })
  const query = async (sql: string, id: number) => (await site().database.pool.query(sql, [id])).rows
  const eventsOf = ({ id }: TestUser) =>
    query('select event, device, details from audit_events where user_id = $1 order by id', id)
  return {
    site,
    enter,
    eventsOf,
    /** Signs in with the app and selects the checkbox. */
    async trust(person: TestUser, browser = site().browser()): Promise<HttpBrowser> {
      await enter(browser, person)
      site().clock.advance(30)
      const form = { otp_token: person.code(), trust_browser: 'on' }
      expect((await browser.post('/account/login', form)).status).toBe(303)
      return browser
    },
    /** The response to the password alone in a browser that is trusted, and has no session. */
    async comeBack(browser: HttpBrowser, person: TestUser): Promise<HttpResponse> {
      browser.cookies.delete('otp_session')
      return enter(browser, person)
    },
    rowsOf: ({ id }: TestUser) => query('select * from trusted_browsers where user_id = $1 order by id', id),
    namesOf: async (person: TestUser) => (await eventsOf(person)).map(({ event }) => event),
    failuresOf: async ({ id }: TestUser) =>
      (await query('select failure_count from totp_devices where user_id = $1', id))[0]?.failure_count,
  }
}
