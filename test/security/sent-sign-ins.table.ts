import { addHotpDevice } from '../../src/kinds/hotp/add-device.js'
import { generateHotp } from '../../src/otp/tokens/oath.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { addEmail, addPhone, storeCode } from '../support/challenges.js'
import { createTestUser, type TestUser, type TestSite } from '../support/site.js'
import { addSoftwareKey } from '../support/webauthn.js'
import { type SentForm, login, secret, awaitingToken, setInSession, keyAnswer } from './sent-form.js'

/** A code that this session has requested, from the point of view of the session. */
async function withCode(site: TestSite, browser: HttpBrowser, kind: 'phone' | 'email', userId: number) {
  const device = await (kind === 'phone' ? addPhone : addEmail)(site.otp, userId)
  await storeCode(site.otp, device, '314159')
  await setInSession(site, browser, 'challenge', { device: device.persistentId, id: 'stored' })
  return { otp_device: device.persistentId, otp_token: '314159' }
}

export const signIns: readonly SentForm[] = [
  {
    title: 'the password, with a session before',
    routes: ['POST /account/login'],
    async ready(site) {
      const person = await createTestUser(site)
      const browser = await awaitingToken(site, person)
      return { browser, person, path: login, form: { username: person.email, password: person.password } }
    },
  },
  {
    title: 'the password of a user without a device, with a session before',
    routes: ['POST /account/login'],
    async ready(site) {
      const person = await createTestUser(site, { app: false, staff: false })
      const browser = await awaitingToken(site, await createTestUser(site))
      return { browser, person, path: login, form: { username: person.email, password: person.password } }
    },
  },
  {
    title: 'the code of an app',
    routes: ['POST /account/login'],
    async ready(site) {
      const person = await createTestUser(site)
      const browser = await awaitingToken(site, person)
      return { browser, person, path: login, form: { otp_token: person.code(), next: '/admin' } }
    },
  },
  {
    title: 'the code of a hardware token',
    routes: ['POST /account/login'],
    async ready(site) {
      const person = await createTestUser(site, { app: false })
      await site.database.sequelize.transaction((transaction) =>
        addHotpDevice(site.otp, transaction, {
          userId: person.id,
          name: 'Fob',
          secret,
          counter: 0,
          digits: 6,
          confirmed: true,
        }),
      )
      const browser = await awaitingToken(site, person)
      return { browser, person, path: login, form: { otp_token: generateHotp(secret, 0, 6) } }
    },
  },
  {
    title: 'a backup token',
    routes: ['POST /account/login'],
    async ready(site) {
      const person = await createTestUser(site, { backupTokens: 2 })
      const browser = await awaitingToken(site, person)
      const [otp_token = ''] = person.backupTokens
      return { browser, person, path: login, form: { otp_device: person.backup?.persistentId ?? '', otp_token } }
    },
  },
  ...(['phone', 'email'] as const).map((kind): SentForm => ({
    title: `the code by ${kind}`,
    routes: ['POST /account/login'],
    async ready(site) {
      const person = await createTestUser(site)
      const browser = await awaitingToken(site, person)
      return { browser, person, path: login, form: await withCode(site, browser, kind, person.id) }
    },
  })),
  {
    title: 'the answer of a security key',
    routes: ['POST /account/login'],
    async ready(site) {
      const person = await createTestUser(site, { app: false })
      const { key } = await addSoftwareKey(site.otp, person.id)
      const browser = await awaitingToken(site, person)
      const options = await keyAnswer(browser, `${login}/security-key`)
      return { browser, person, path: login, form: { otp_token: key.answer({ ...options, origin: site.baseUrl }) } }
    },
  },
  {
    title: 'a passkey alone',
    routes: ['POST /account/login/passkey'],
    async ready(site) {
      const person = await createTestUser(site, { app: false })
      const { key } = await addSoftwareKey(site.otp, person.id)
      const browser = site.browser()
      const options = await keyAnswer(browser, `${login}/passkey/options`)
      const form = { otp_token: key.answer({ ...options, origin: site.baseUrl }) }
      return { browser, person, path: `${login}/passkey`, form }
    },
  },
  {
    title: 'password and code in one form, with a session before',
    routes: ['POST /account/login'],
    async ready(site) {
      const person = await createTestUser(site)
      const browser = await awaitingToken(site, person)
      const form = { username: person.email, password: person.password, otp_token: person.code() }
      return { browser, person, path: login, form }
    },
  },
  {
    title: 'the code of an app, with the option to trust the browser',
    routes: ['POST /account/login'],
    async ready(site) {
      const person = await createTestUser(site)
      const browser = await awaitingToken(site, person)
      return { browser, person, path: login, form: { otp_token: person.code(), trust_browser: 'on' } }
    },
  },
  {
    title: 'the password in a trusted browser, with a session before',
    routes: ['POST /account/login'],
    async ready(site) {
      const person = await createTestUser(site)
      const browser = await awaitingToken(site, person)
      await browser.post(login, { otp_token: person.code(), trust_browser: 'on' })
      return { browser, person, path: login, form: { username: person.email, password: person.password } }
    },
  },
]

/** A browser without a session, at a page whose form can be told from another one. */
async function stranger(site: TestSite, browser = site.browser()) {
  browser.cookies.delete('otp_session')
  const [, form_id = ''] = /name="form_id" value="([^"]*)"/.exec((await browser.get(login)).text) ?? []
  return { browser, path: login, form_id }
}

const passwordOf = ({ email, password }: TestUser) => ({ username: email, password })

export const strangers: readonly SentForm[] = [
  {
    title: 'the password, without a session before',
    routes: [],
    async ready(site) {
      const person = await createTestUser(site)
      const { form_id, ...at } = await stranger(site)
      return { ...at, person, form: { ...passwordOf(person), form_id, next: '/admin' } }
    },
  },
  {
    title: 'the password of a user without a device, without a session before',
    routes: [],
    async ready(site) {
      const person = await createTestUser(site, { app: false, staff: false })
      const { form_id, ...at } = await stranger(site)
      return { ...at, person, form: { ...passwordOf(person), form_id } }
    },
  },
  {
    title: 'the password of a user who gets the first code by email, without a session before',
    routes: [],
    async ready(site) {
      const person = await createTestUser(site, { app: false })
      await addEmail(site.otp, person.id)
      const { form_id, ...at } = await stranger(site)
      return { ...at, person, form: { ...passwordOf(person), form_id } }
    },
    shows: /name="otp_token"/,
  },
  {
    title: 'password and code in one form, without a session before',
    routes: [],
    async ready(site) {
      const person = await createTestUser(site)
      const { form_id, ...at } = await stranger(site)
      return { ...at, person, form: { ...passwordOf(person), otp_token: person.code(), form_id } }
    },
  },
  {
    title: 'the password in a trusted browser, without a session before',
    routes: [],
    async ready(site) {
      const person = await createTestUser(site)
      const browser = await awaitingToken(site, person)
      await browser.post(login, { otp_token: person.code(), trust_browser: 'on' })
      const { form_id, ...at } = await stranger(site, browser)
      return { ...at, person, form: { ...passwordOf(person), form_id } }
    },
  },
]
