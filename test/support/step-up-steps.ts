import type { HttpBrowser } from './http-browser.js'
import { signIn, type TestSite, type TestUser } from './site.js'

export const VERIFY = '/account/verify'
export const verifyFor = (path: string) => `${VERIFY}?next=${encodeURIComponent(path)}`
/** A form that requires a recent token: a new name for the person's app. */
export const rename = (person: TestUser) => `/account/two-factor/devices/${person.app?.persistentId}/rename`

/** Steps in the tests of a step-up. `current` returns the site, which is started before the tests. */
export function stepUpSteps(current: () => TestSite) {
  return {
    async nameOf(person: TestUser): Promise<unknown> {
      const sql = 'select name from totp_devices where user_id = $1 order by id'
      return (await current().database.pool.query(sql, [person.id])).rows[0].name
    },
    /** Signed in six minutes ago. */
    async stale(person: TestUser): Promise<HttpBrowser> {
      const browser = await signIn(current(), person)
      current().clock.advance(360)
      return browser
    },
  }
}
