import { expect } from 'vitest'
import type { HttpBrowser } from './http-browser.js'
import { createTestUser, type TestSite, type TestUser, type TestUserTraits } from './site.js'
import type { Ceremony } from './software-key.js'
import { addSoftwareKey } from './webauthn.js'

/** Where the browser gets the challenge for the token step. */
export const KEY_CHALLENGE = '/account/login/security-key'

/** Steps in the tests of security keys. `current` returns the site, which is started before the tests. */
export function securityKeySteps(current: () => TestSite) {
  return {
    /** A user whose only device is a key, enrolled by the core. */
    async keyOwner(traits: TestUserTraits = {}) {
      const person = await createTestUser(current(), { app: false, ...traits })
      return { person, ...(await addSoftwareKey(current().otp, person.id)) }
    },
    async afterPassword(person: TestUser, browser = current().browser()) {
      await browser.post('/account/login', { username: person.email, password: person.password })
      return browser
    },
    /** The challenge of the site, with the origin of this site. */
    async asked(browser: HttpBrowser, address = KEY_CHALLENGE): Promise<Ceremony & Record<string, unknown>> {
      const answer = await browser.post(address)
      expect(answer).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } })
      return { ...JSON.parse(answer.text), origin: current().baseUrl }
    },
    rowOf: async (id: number) =>
      (await current().database.pool.query('select * from webauthn_devices where id = $1', [id])).rows[0],
  }
}
