import { expect } from 'vitest'
import type { DatabaseKind } from './database.js'
import type { HttpBrowser } from './http-browser.js'
import { useSite } from './journey.js'
import { createTestUser, type TestUser, type TestUserTraits } from './site.js'

const login = '/account/login'
export const accepted = { status: 303 }
export const rejected = { status: 422, code: 'invalid_token' }
export const throttled = { status: 429, code: 'n_failed_attempts' }

/** Every way to sign in. */
const EVERY_WAY_IN = {
  BASE_URL: 'http://localhost:0',
  OTP_EMAIL: 'true',
  OTP_PASSKEY_LOGIN: 'true',
  TRUST_BROWSER_DAYS: '7',
}

/** A site with every way to sign in, and the steps in the tests of failed attempts. */
export function useFailedAttempts(where: DatabaseKind) {
  const site = useSite(EVERY_WAY_IN, where)
  const enter = async (person: TestUser, browser = site().browser()): Promise<HttpBrowser> => {
    await browser.post(login, { username: person.email, password: person.password })
    return browser
  }

  /** Wrong codes from an attacker's browser, each as soon as the device accepts an attempt. */
  const attack = async (person: TestUser, times: number, token = '000000', device = person.app?.persistentId ?? '') => {
    const eve = await enter(person)
    for (let tries = 1; tries <= times; tries += 1) {
      expect(await eve.post(login, { otp_device: device, otp_token: token })).toMatchObject(rejected)
      site().clock.advance(2 ** (tries - 1) + 1)
    }
    return eve
  }

  return {
    site,
    owner: (traits: TestUserTraits = {}) => createTestUser(site(), { backupTokens: 3, ...traits }),
    enter,
    attack,
    async rowOf(device: string | undefined) {
      const [kind, id] = (device ?? '').split('/')
      const { rows } = await site().database.pool.query(`select * from ${kind}_devices where id = $1`, [id])
      return rows[0]
    },
    async lock(person: TestUser) {
      await attack(person, 9)
      const eve = await enter(person)
      const form = { otp_device: person.app?.persistentId ?? '', otp_token: '000000' }
      expect(await eve.post(login, form)).toMatchObject(rejected)
      expect(await (await enter(person)).post(login, { otp_token: person.code() })).toMatchObject(throttled)
    },
  }
}
