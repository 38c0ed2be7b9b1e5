import type { HttpBrowser, HttpResponse } from './http-browser.js'
import { createTestUser, signIn, type TestSite, type TestUser, type TestUserTraits } from './site.js'

export const SETUP = '/account/two-factor/setup'
export const SETUP_COMPLETE = `${SETUP}/complete`
export const QR_CODE = '/account/two-factor/qrcode'

/** Steps in the tests of the setup of an app. `current` returns the site, which is started before the tests. */
export function setupSteps(current: () => TestSite) {
  const secretOn = (page: HttpResponse) => /<code class="secret"[^>]*>([A-Z2-7 ]+)</.exec(page.text)?.[1] ?? ''
  return {
    secretOn,
    devicesOf: async ({ id }: TestUser) =>
      (await current().database.pool.query('select * from totp_devices where user_id = $1 order by id', [id])).rows,
    async begin(browser: HttpBrowser) {
      await browser.post(SETUP, { method: 'totp' })
      return secretOn(await browser.get(SETUP))
    },
    async newcomer(traits: TestUserTraits = {}) {
      const person = await createTestUser(current(), { app: false, ...traits })
      return { person, browser: await signIn(current(), person) }
    },
  }
}
