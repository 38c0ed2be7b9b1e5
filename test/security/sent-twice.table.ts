import { createLink, type LinkPurpose } from '../../src/auth/links/one-time-link.js'
import { addEmailDevice } from '../../src/kinds/email/add-device.js'
import { addPhoneDevice } from '../../src/kinds/phone/add-device.js'
import { addHotpDevice } from '../../src/kinds/hotp/add-device.js'
import type { Device } from '../../src/otp/device.js'
import { generateHotp } from '../../src/otp/tokens/oath.js'
import { tokenOf } from '../embedding/tiny-kind/word-kind.js'
import { appCode } from '../support/authenticator.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { addEmail, addPhone, storeCode } from '../support/challenges.js'
import { createTestUser, type TestUser, signIn, type TestSite, type TestUserTraits } from '../support/site.js'
import { createSoftwareKey } from '../support/software-key.js'
import { addSoftwareKey } from '../support/webauthn.js'

/** A form that is about to be submitted, in the browser that shows it. */
export interface ReadyForm {
  browser: HttpBrowser
  path: string
  form?: Record<string, string>
  /** Whose form it is, for counting what is recorded about that user. */
  person: TestUser
}

export interface SentForm {
  title: string
  /** `POST /path` of the routes that it covers. */
  routes: readonly string[]
  ready(site: TestSite): Promise<ReadyForm>
  /** A text of the page after the redirect, for a user who sees only the second one. */
  shows?: RegExp
}

const login = '/account/login'
const verify = '/account/verify'
const profile = '/account/two-factor'
const setup = `${profile}/setup`

const secret = Buffer.from('abcdefghijabcdefghij')

async function awaitingToken(site: TestSite, person: TestUser, browser = site.browser()): Promise<HttpBrowser> {
  await browser.post(login, { username: person.email, password: person.password })
  return browser
}

/** A code that this session has requested, from the point of view of the session. */
async function withCode(site: TestSite, browser: HttpBrowser, kind: 'phone' | 'email', userId: number) {
  const device = await (kind === 'phone' ? addPhone : addEmail)(site.otp, userId)
  await storeCode(site.otp, device, '314159')
  await setInSession(site, browser, 'challenge', { device: device.persistentId, id: 'stored' })
  return { otp_device: device.persistentId, otp_token: '314159' }
}

async function setInSession(site: TestSite, browser: HttpBrowser, name: string, value: object): Promise<void> {
  const sid = decodeURIComponent(browser.cookies.get('otp_session') ?? '').replace(/^s:(.*)\..*$/, '$1')
  const sql = 'update sessions set sess = (sess::jsonb || jsonb_build_object($2::text, $3::jsonb))::json where sid = $1'
  await site.database.pool.query(sql, [sid, name, JSON.stringify(value)])
}

async function keyAnswer(browser: HttpBrowser, address: string) {
  const { text } = await browser.post(address)
  return { ...JSON.parse(text), userVerified: true }
}

const signIns: readonly SentForm[] = [
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

const strangers: readonly SentForm[] = [
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

/** A user verified a moment ago, or longer ago than a recent token allows. */
async function verified(site: TestSite, { stale = false, ...traits }: { stale?: boolean } & TestUserTraits = {}) {
  const person = await createTestUser(site, { staff: false, ...traits })
  const browser = await signIn(site, person)
  if (stale) site.clock.advance(301)
  return { person, browser }
}

const own = (path: string, form: (person: TestUser) => Record<string, string> = () => ({})) => ({
  async ready(site: TestSite): Promise<ReadyForm> {
    const { person, browser } = await verified(site)
    return { person, browser, path, form: form(person) }
  },
})

async function settingUp(site: TestSite, traits: TestUserTraits = {}) {
  const person = await createTestUser(site, { app: false, staff: false, ...traits })
  const browser = await signIn(site, person)
  return { person, browser }
}

async function linkFor(site: TestSite, purpose: LinkPurpose, userId: number, details = {}): Promise<string> {
  const { token } = await site.database.sequelize.transaction((transaction) =>
    createLink(site.otp, transaction, { purpose, userId, details }),
  )
  return token
}

const secretOn = (text: string) => /<code class="secret"[^>]*>([A-Z2-7 ]+)</.exec(text)?.[1] ?? ''

/** A word of a custom kind, set up and used once. */
async function wordOwner(site: TestSite) {
  const { person, browser } = await settingUp(site, { app: true })
  const added = await browser.post(`${profile}/word/add`, { name: 'Word', word: WORD, hint: 'cave' })
  await browser.post(added.location ?? '', { otp_token: tokenOf(WORD, 1) })
  return { person, browser, device: (added.location ?? '').split('/').slice(-3, -1).join('/') }
}

const outside: readonly SentForm[] = [
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

const stepUps: readonly SentForm[] = [
  {
    title: 'the token of a step-up',
    routes: ['POST /account/verify'],
    async ready(site) {
      const { person, browser } = await verified(site, { stale: true })
      return { person, browser, path: verify, form: { otp_token: person.code(), next: '/account/email' } }
    },
  },
  {
    title: 'the token that completes a saved form',
    routes: ['POST /account/verify'],
    async ready(site) {
      const { person, browser } = await verified(site, { stale: true })
      const next = '/account/password/change'
      await browser.post(next, { password: person.password, new_password: 'another good one' })
      return { person, browser, path: verify, form: { otp_token: person.code(), next } }
    },
  },
  {
    title: 'the token that completes a form that generates backup tokens',
    routes: ['POST /account/verify'],
    async ready(site) {
      const { person, browser } = await verified(site, { stale: true })
      const next = `${profile}/backup-tokens`
      await browser.post(next)
      return { person, browser, path: verify, form: { otp_token: person.code(), next } }
    },
    shows: /<code>/,
  },
]

const WORD = 'open sesame'

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

const setUps: readonly SentForm[] = [
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

const links: readonly SentForm[] = [
  {
    title: 'an invitation of a user with a password',
    routes: ['POST /account/invitation/:token'],
    async ready(site) {
      const person = await createTestUser(site, { app: false })
      const path = `/account/invitation/${await linkFor(site, 'invitation', person.id)}`
      return { person, browser: site.browser(), path, form: { password: person.password } }
    },
  },
  {
    title: 'an invitation of a user who chooses a password',
    routes: ['POST /account/invitation/:token'],
    async ready(site) {
      const person = await createTestUser(site, { app: false })
      await site.database.pool.query('update users set password_hash = null where id = $1', [person.id])
      const path = `/account/invitation/${await linkFor(site, 'invitation', person.id)}`
      return { person, browser: site.browser(), path, form: { password: 'another good one' } }
    },
  },
  {
    title: 'an invitation of a user who has a device',
    routes: ['POST /account/invitation/:token'],
    async ready(site) {
      const person = await createTestUser(site)
      const path = `/account/invitation/${await linkFor(site, 'invitation', person.id)}`
      return { person, browser: site.browser(), path, form: { password: person.password } }
    },
  },
  {
    title: 'a new password set by a link',
    routes: ['POST /account/password/reset/:token'],
    async ready(site) {
      const person = await createTestUser(site)
      const path = `/account/password/reset/${await linkFor(site, 'password-reset', person.id)}`
      return { person, browser: site.browser(), path, form: { password: 'another good one' } }
    },
  },
  {
    title: 'a new email address, in a browser that is not signed in',
    routes: ['POST /account/email/confirm/:token'],
    async ready(site) {
      const person = await createTestUser(site)
      const email = `new.${person.email}`
      const path = `/account/email/confirm/${await linkFor(site, 'email-confirmation', person.id, { email })}`
      return { person, browser: site.browser(), path }
    },
  },
  {
    title: 'a new email address, in a signed-in browser',
    routes: ['POST /account/email/confirm/:token'],
    async ready(site) {
      const { person, browser } = await verified(site)
      const email = `new.${person.email}`
      const path = `/account/email/confirm/${await linkFor(site, 'email-confirmation', person.id, { email })}`
      return { person, browser, path }
    },
  },
]

const ownAccount: readonly SentForm[] = [
  {
    title: 'a new password',
    routes: ['POST /account/password/change'],
    ...own('/account/password/change', ({ password }) => ({ password, new_password: 'another good one' })),
  },
  { title: 'a language', routes: ['POST /account/language'], ...own('/account/language', () => ({ language: 'de' })) },
  { title: 'the end of a session', routes: ['POST /account/logout'], ...own('/account/logout') },
  {
    title: 'the end of all sessions',
    routes: ['POST /account/two-factor/sessions'],
    ...own(`${profile}/sessions`),
  },
  {
    title: 'the end of one session',
    routes: ['POST /account/two-factor/sessions/end'],
    async ready(site) {
      const { person, browser } = await verified(site)
      await signIn(site, person)
      const [, session = ''] = /name="session" value="([^"]+)"/.exec((await browser.get(profile)).text) ?? []
      return { person, browser, path: `${profile}/sessions/end`, form: { session } }
    },
  },
  {
    title: 'the end of all other sessions',
    routes: ['POST /account/two-factor/sessions/others'],
    ...own(`${profile}/sessions/others`),
  },
  {
    title: 'turning two-factor authentication off',
    routes: ['POST /account/two-factor/disable'],
    ...own(`${profile}/disable`, () => ({ confirm: 'yes' })),
  },
  {
    title: 'a removed device',
    routes: ['POST /account/two-factor/devices/:kind/:id/remove'],
    async ready(site) {
      const { person, browser } = await verified(site)
      const { id } = await addPhone(site.otp, person.id)
      return { person, browser, path: `${profile}/devices/phone/${id}/remove` }
    },
  },
  {
    title: 'a removed phone',
    routes: ['POST /account/two-factor/phones/:id/delete'],
    async ready(site) {
      const { person, browser } = await verified(site)
      const { id } = await addPhone(site.otp, person.id)
      return { person, browser, path: `${profile}/phones/${id}/delete` }
    },
  },
  {
    title: 'a removed security key',
    routes: ['POST /account/two-factor/security-keys/:id/delete'],
    async ready(site) {
      const { person, browser } = await verified(site)
      const { device } = await addSoftwareKey(site.otp, person.id)
      return { person, browser, path: `${profile}/security-keys/${device.id}/delete` }
    },
  },
  {
    title: 'the request to trust this browser',
    routes: ['POST /account/two-factor/browsers/trust'],
    ...own(`${profile}/browsers/trust`, () => ({ trust_browser: 'on' })),
  },
  {
    title: 'the removal of one trusted browser',
    routes: ['POST /account/two-factor/browsers/end'],
    async ready(site) {
      const { person, browser } = await verified(site)
      await browser.post(`${profile}/browsers/trust`, { trust_browser: 'on' })
      const [, trusted = ''] = /name="browser" value="(\d+)"/.exec((await browser.get(profile)).text) ?? []
      return { person, browser, path: `${profile}/browsers/end`, form: { browser: trusted } }
    },
  },
  {
    title: 'the name of a device',
    routes: ['POST /account/two-factor/devices/:kind/:id/rename'],
    async ready(site) {
      const { person, browser } = await verified(site)
      return { person, browser, path: `${profile}/devices/${person.app?.persistentId}/rename`, form: { name: 'Mine' } }
    },
  },
  {
    title: 'the default device',
    routes: ['POST /account/two-factor/devices/:kind/:id/default'],
    async ready(site) {
      const { person, browser } = await verified(site)
      const { id } = await addPhone(site.otp, person.id)
      return { person, browser, path: `${profile}/devices/phone/${id}/default` }
    },
  },
  {
    title: 'a requested email address',
    routes: ['POST /account/email'],
    ...own('/account/email', ({ email, password }) => ({ email: `other.${email}`, password })),
  },
  {
    title: 'a new set of backup tokens, requested on the page',
    routes: ['POST /account/two-factor/backup-tokens'],
    async ready(site) {
      const { person, browser } = await verified(site)
      const path = `${profile}/backup-tokens`
      const [, form_id = ''] = /name="form_id" value="([^"]+)"/.exec((await browser.get(path)).text) ?? []
      return { person, browser, path, form: { form_id } }
    },
    shows: /<code>/,
  },
  {
    title: 'the removal of all trusted browsers',
    routes: ['POST /account/two-factor/browsers/end-all'],
    async ready(site) {
      const { person, browser } = await verified(site)
      await browser.post(`${profile}/browsers/trust`, { trust_browser: 'on' })
      return { person, browser, path: `${profile}/browsers/end-all` }
    },
  },
]

/** The form of a page that requests a code, with the hidden fields that the page wrote into it. */
async function codeRequest(browser: HttpBrowser, page: string): Promise<Record<string, string>> {
  const { text } = await browser.get(page)
  const [form = ''] = text.match(/<form[^>]*>(?:(?!<\/form>)[^])*name="otp_challenge"[^]*?<\/form>/) ?? []
  const hidden = [...form.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)">/g)]
  const value = /name="otp_challenge" value="(\w+)"/.exec(form)?.[1] ?? ''
  return { ...Object.fromEntries(hidden.map(([, name = '', typed = '']) => [name, typed])), otp_challenge: value }
}

const sentCodes: readonly SentForm[] = [
  ...(['phone', 'email'] as const).flatMap((kind): SentForm[] => [
    {
      title: `a code requested by ${kind} at sign-in`,
      routes: ['POST /account/login'],
      async ready(site) {
        const person = await createTestUser(site)
        await (kind === 'phone' ? addPhone : addEmail)(site.otp, person.id)
        const browser = await awaitingToken(site, person)
        return { browser, person, path: login, form: await codeRequest(browser, login) }
      },
      shows: /name="otp_challenge"/,
    },
    {
      title: `a code requested by ${kind} to verify again`,
      routes: ['POST /account/verify'],
      async ready(site) {
        const { person, browser } = await verified(site)
        await (kind === 'phone' ? addPhone : addEmail)(site.otp, person.id)
        const page = `${verify}?next=%2Faccount%2Femail`
        return { browser, person, path: verify, form: await codeRequest(browser, page) }
      },
      shows: /name="otp_challenge"/,
    },
  ]),
  ...(['phones', 'email'] as const).map((page): SentForm => ({
    title: `another code requested in a setup at ${page}/add`,
    routes: [`POST ${profile}/${page}/add`],
    async ready(site) {
      const { person, browser } = await verified(site)
      const path = `${profile}/${page}/add`
      const first = { phone_number: '+41524204243', phone_method: 'sms' }
      await browser.post(path, page === 'phones' ? first : { otp_challenge: 'send' })
      site.clock.advance(31)
      return { browser, person, path, form: await codeRequest(browser, path) }
    },
    shows: /name="otp_challenge"/,
  })),
]

/** Every form that can be done once, as it is before it is submitted. */
export const sentForms: readonly SentForm[] = [
  ...signIns,
  ...strangers,
  ...outside,
  ...stepUps,
  ...setUps,
  ...links,
  ...ownAccount,
  ...sentCodes,
]

/** Forms that do no harm when they are submitted again, each with the reason; and calls of scripts. */
export const harmlessForms: Readonly<Record<string, string>> = {
  'POST /account/login/passkey/options': 'a challenge: the newest counts',
  'POST /account/login/security-key': 'a challenge: the newest counts',
  'POST /account/two-factor/security-keys/add/options': 'a challenge: the newest counts',
  'POST /account/password/forgot': 'the newest link counts; a form that the page has named is one (sent-twice.test.ts)',
  'POST /account/two-factor/refused-tries': 'answered is answered',
}
