import { onTestFinished } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import { addHotpDevice } from '../../src/kinds/hotp/add-device.js'
import type { Device } from '../../src/otp/device.js'
import { addDevice } from '../../src/otp/devices/add-device.js'
import { filterCustomKinds } from '../../src/otp/kind-registry/custom-kind.js'
import { generateHotp } from '../../src/otp/tokens/oath.js'
import { tokenOf, wordKind } from '../embedding/tiny-kind/word-kind.js'
import { testClock } from './clock.js'
import type { HttpResponse } from './http-browser.js'
import { createTestUser, startTestSite, type TestSite, type TestUser } from './site.js'

const login = '/account/login'
const secret = Buffer.from('12345678901234567890')
export const [K1, K2, K3] = [Buffer.alloc(32, 11), Buffer.alloc(32, 12), Buffer.alloc(32, 13)]
/** A custom kind whose secrets are encrypted. It has to be migrated. */
export const kind = wordKind()

export type Keys = readonly Buffer[]

interface Owner extends TestUser {
  hardware: Device
  word: Device
}

/** The ways to sign in whose secret, or hash, depends on a key. */
type Factor = 'totp' | 'hotp' | 'static' | 'word'
export const factors: readonly Factor[] = ['totp', 'hotp', 'static', 'word']

/** Steps in the tests of secret keys. `current` returns the database, which is opened before the tests. */
export function secretKeySteps(current: () => Database) {
  const clock = testClock()

  /** Starts a process with these keys until the end of the test. All have the same database and clock. */
  async function start(keys: Keys, environment: Record<string, string> = {}): Promise<TestSite> {
    const site = await startTestSite(current(), environment, [...keys], { clock, kinds: [kind] })
    onTestFinished(() => site.close())
    return site
  }

  /** A user with a device of every kind that has a secret, all made by one process. */
  async function enrol(site: TestSite): Promise<Owner> {
    const person = await createTestUser(site, { backupTokens: 4 })
    return current().sequelize.transaction(async (transaction) => {
      const own = { userId: person.id, confirmed: true }
      const key = { secret, digits: 6, counter: 0 } as const
      const hardware = await addHotpDevice(site.otp, transaction, { ...own, name: 'Token', ...key })
      const [word] = filterCustomKinds(site.otp.kinds)
      if (!word) throw new Error('The kind from outside is not registered.')
      const columns = (id: number) => ({
        secret: site.otp.keys.seal(Buffer.from('open sesame'), { column: 'word_devices.secret', id }),
      })
      const magic = await addDevice(site.otp, transaction, word, { ...own, name: 'Word', columns })
      return { ...person, hardware, word: magic }
    })
  }

  let used = 0
  /** A token that this factor accepts now. Each one is different. */
  function tokenFor(owner: Owner, factor: Factor): { otp_device: string; otp_token: string } {
    used += 1
    switch (factor) {
      case 'totp':
        clock.advance(30)
        return { otp_device: owner.app?.persistentId ?? '', otp_token: owner.code() }
      case 'hotp':
        return { otp_device: owner.hardware.persistentId, otp_token: generateHotp(secret, used % 5, 6) }
      case 'static':
        return { otp_device: owner.backup?.persistentId ?? '', otp_token: owner.backupTokens.pop() ?? '' }
      case 'word':
        return { otp_device: owner.word.persistentId, otp_token: tokenOf('open sesame', used) }
    }
  }

  async function enter(site: TestSite, owner: Owner, factor: Factor, browser = site.browser()): Promise<HttpResponse> {
    await browser.post(login, { username: owner.email, password: owner.password })
    used = factor === 'hotp' ? -1 : used
    return browser.post(login, tokenFor(owner, factor))
  }

  /** Where each factor redirects this user. */
  async function leadsOf(site: TestSite, owner: Owner) {
    const leads = []
    for (const factor of factors) leads.push([factor, (await enter(site, owner, factor)).location])
    return leads
  }

  return { clock, start, enrol, tokenFor, enter, leadsOf }
}
