import { addEmailDevice } from '../../src/kinds/email/add-device.js'
import { addPhoneDevice } from '../../src/kinds/phone/add-device.js'
import { addHotpDevice } from '../../src/kinds/hotp/add-device.js'
import type { Device } from '../../src/otp/device.js'
import { generateHotp } from '../../src/otp/tokens/oath.js'
import { tokenOf } from '../embedding/tiny-kind/word-kind.js'
import { appCode } from '../support/authenticator.js'
import { storeCode } from '../support/challenges.js'
import type { TestSite } from '../support/site.js'
import { createSoftwareKey } from '../support/software-key.js'
import {
  type SentForm,
  login,
  verify,
  profile,
  secret,
  awaitingToken,
  setInSession,
  keyAnswer,
  verified,
  own,
  settingUp,
} from './sent-form.js'

const setup = `${profile}/setup`

const WORD = 'open sesame'

const secretOn = (text: string) => /<code class="secret"[^>]*>([A-Z2-7 ]+)</.exec(text)?.[1] ?? ''

/** A word of a custom kind, set up and used once. */
async function wordOwner(site: TestSite) {
  const { person, browser } = await settingUp(site, { app: true })
  const added = await browser.post(`${profile}/word/add`, { name: 'Word', word: WORD, hint: 'cave' })
  await browser.post(added.location ?? '', { otp_token: tokenOf(WORD, 1) })
  return { person, browser, device: (added.location ?? '').split('/').slice(-3, -1).join('/') }
}

export const outside: readonly SentForm[] = [
  {
    title: 'the token of a custom kind',
    routes: [],
    async ready(site) {
      const { person, device } = await wordOwner(site)
      const browser = await awaitingToken(site, person)
      return { browser, person, path: login, form: { otp_device: device, otp_token: tokenOf(WORD, 2) } }
    },
  },
  {
    title: 'the token of a custom kind in a step-up',
    routes: [],
    async ready(site) {
      const { person, browser, device } = await wordOwner(site)
      site.clock.advance(301)
      const form = { otp_device: device, otp_token: tokenOf(WORD, 2), next: '/account/email' }
      return { browser, person, path: verify, form }
    },
  },
  {
    title: 'a removed device of a custom kind',
    routes: [],
    async ready(site) {
      const { person, browser, device } = await wordOwner(site)
      return { browser, person, path: `${profile}/devices/${device}/remove` }
    },
  },
]

const unconfirmedPhone = { name: 'Phone', confirmed: false, number: '+41524204243', method: 'sms' } as const

/** The form that confirms a device by a code that the session has requested, from the point of view of the session. */
function firstCode(what: string, page: string, add: (site: TestSite, userId: number) => Promise<Device>): SentForm {
  return {
    title: `the first code by ${what}`,
    routes: [`POST /account/two-factor/${page}/add`],
    async ready(site) {
      const { person, browser } = await settingUp(site)
      const at = site.clock.now().getTime()
      const device = await add(site, person.id)
      await storeCode(site.otp, device, '314159')
      await setInSession(site, browser, 'challenge', { device: device.persistentId, id: 'stored' })
      await setInSession(site, browser, 'setup', { device: device.persistentId, at })
      return { person, browser, path: `${profile}/${page}/add`, form: { otp_token: '314159' } }
    },
    shows: /<code>/,
  }
}

export const setUps: readonly SentForm[] = [
  {
    title: 'the first code of an app',
    routes: ['POST /account/two-factor/setup'],
    async ready(site) {
      const { person, browser } = await settingUp(site)
      await browser.post(setup, { method: 'totp' })
      const secret = secretOn((await browser.get(setup)).text)
      return { person, browser, path: setup, form: { otp_token: appCode(secret, site.clock.now()) } }
    },
    shows: /<code>/,
  },
  {
    title: 'the first answer of a security key',
    routes: ['POST /account/two-factor/security-keys/add'],
    async ready(site) {
      const { person, browser } = await settingUp(site)
      const path = `${profile}/security-keys/add`
      const options = await keyAnswer(browser, `${path}/options`)
      const credential = createSoftwareKey().create({ ...options, origin: site.baseUrl })
      return { person, browser, path, form: { name: 'Blue', credential } }
    },
    shows: /<code>/,
  },
  {
    title: 'the first code of a hardware token',
    routes: ['POST /account/two-factor/hardware-tokens/:id/confirm'],
    async ready(site) {
      const { person, browser } = await settingUp(site)
      const added = await browser.post(`${profile}/hardware-tokens/add`, { name: 'Fob', key: secret.toString('hex') })
      return { person, browser, path: added.location ?? '', form: { otp_token: generateHotp(secret, 0, 6) } }
    },
    shows: /<code>/,
  },
  firstCode('email', 'email', (site, userId) =>
    addEmailDevice(site.otp, undefined, { userId, name: 'E-mail', confirmed: false, address: null }),
  ),
  firstCode('phone', 'phones', (site, userId) => addPhoneDevice(site.otp, undefined, { ...unconfirmedPhone, userId })),
  {
    title: 'the setup fields of a custom kind',
    routes: ['POST /account/two-factor/word/add'],
    ...own(`${profile}/word/add`, () => ({ name: 'Word', word: WORD, hint: 'cave' })),
  },
  {
    title: 'the first token of a custom kind',
    routes: ['POST /account/two-factor/word/:id/confirm'],
    async ready(site) {
      const { person, browser } = await settingUp(site)
      const added = await browser.post(`${profile}/word/add`, { name: 'Word', word: WORD, hint: 'cave' })
      return { person, browser, path: added.location ?? '', form: { otp_token: tokenOf(WORD, 1) } }
    },
    shows: /<code>/,
  },
  {
    title: 'the key of a hardware token',
    routes: ['POST /account/two-factor/hardware-tokens/add'],
    ...own(`${profile}/hardware-tokens/add`, () => ({ name: 'Fob', key: secret.toString('hex') })),
  },
  {
    title: 'two codes of a hardware token in a row',
    routes: ['POST /account/two-factor/hardware-tokens/:id/synchronise'],
    async ready(site) {
      const { person, browser } = await verified(site)
      const fob = { userId: person.id, name: 'Fob', secret, counter: 0, digits: 6, confirmed: true } as const
      const device = await site.database.sequelize.transaction((transaction) =>
        addHotpDevice(site.otp, transaction, fob),
      )
      const form = { otp_token: generateHotp(secret, 30, 6), otp_token_next: generateHotp(secret, 31, 6) }
      return { person, browser, path: `${profile}/hardware-tokens/${device.id}/synchronise`, form }
    },
  },
]
