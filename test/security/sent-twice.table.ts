import { createLink, type LinkPurpose } from '../../src/auth/links/one-time-link.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { addEmail, addPhone } from '../support/challenges.js'
import { createTestUser, signIn, type TestSite } from '../support/site.js'
import { addSoftwareKey } from '../support/webauthn.js'
import { type SentForm, login, verify, profile, awaitingToken, own, verified } from './sent-form.js'
import { outside, setUps } from './sent-setups.table.js'
import { signIns, strangers } from './sent-sign-ins.table.js'

async function linkFor(site: TestSite, purpose: LinkPurpose, userId: number, details = {}): Promise<string> {
  const { token } = await site.database.sequelize.transaction((transaction) =>
    createLink(site.otp, transaction, { purpose, userId, details }),
  )
  return token
}

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
