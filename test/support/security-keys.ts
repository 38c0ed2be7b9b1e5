import { expect } from 'vitest'
import type { HttpBrowser } from './http-browser.js'
import { useSite } from './journey.js'
import { createTestUser, type TestUser, type TestUserTraits } from './site.js'
import type { Ceremony } from './software-key.js'
import { addSoftwareKey } from './webauthn.js'

/** Where the browser gets the challenge for the token step. */
export const KEY_CHALLENGE = '/account/login/security-key'

/** A site for security keys that never throttles, and the steps of its tests. */
export function useSecurityKeys() {
  const site = useSite({ BASE_URL: 'http://localhost:0', OTP_THROTTLE_FACTOR: '0' })
  return {
    site,
    /** A user whose only device is a key, enrolled by the core. */
    async keyOwner(traits: TestUserTraits = {}) {
      const person = await createTestUser(site(), { app: false, ...traits })
      return { person, ...(await addSoftwareKey(site().otp, person.id)) }
    },
    async afterPassword(person: TestUser, browser = site().browser()) {
      await browser.post('/account/login', { username: person.email, password: person.password })
      return browser
    },
    /** The challenge of the site, with the origin of this site. */
    async asked(browser: HttpBrowser, address = KEY_CHALLENGE): Promise<Ceremony & Record<string, unknown>> {
      const answer = await browser.post(address)
      expect(answer).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } })
      return { ...JSON.parse(answer.text), origin: site().baseUrl }
    },
    rowOf: async (id: number) =>
      (await site().database.pool.query('select * from webauthn_devices where id = $1', [id])).rows[0],
  }
}
