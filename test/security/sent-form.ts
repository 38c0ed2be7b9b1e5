import type { HttpBrowser } from '../support/http-browser.js'
import { createTestUser, type TestUser, signIn, type TestSite, type TestUserTraits } from '../support/site.js'

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

export const login = '/account/login'
export const verify = '/account/verify'
export const profile = '/account/two-factor'

/** The key of the hardware tokens. */
export const secret = Buffer.from('abcdefghijabcdefghij')

export async function awaitingToken(site: TestSite, person: TestUser, browser = site.browser()): Promise<HttpBrowser> {
  await browser.post(login, { username: person.email, password: person.password })
  return browser
}

export async function setInSession(site: TestSite, browser: HttpBrowser, name: string, value: object): Promise<void> {
  const sid = decodeURIComponent(browser.cookies.get('otp_session') ?? '').replace(/^s:(.*)\..*$/, '$1')
  const sql = 'update sessions set sess = (sess::jsonb || jsonb_build_object($2::text, $3::jsonb))::json where sid = $1'
  await site.database.pool.query(sql, [sid, name, JSON.stringify(value)])
}

export async function keyAnswer(browser: HttpBrowser, address: string) {
  const { text } = await browser.post(address)
  return { ...JSON.parse(text), userVerified: true }
}

/** A user verified a moment ago, or longer ago than a recent token allows. */
export async function verified(
  site: TestSite,
  { stale = false, ...traits }: { stale?: boolean } & TestUserTraits = {},
) {
  const person = await createTestUser(site, { staff: false, ...traits })
  const browser = await signIn(site, person)
  if (stale) site.clock.advance(301)
  return { person, browser }
}

export const own = (path: string, form: (person: TestUser) => Record<string, string> = () => ({})) => ({
  async ready(site: TestSite): Promise<ReadyForm> {
    const { person, browser } = await verified(site)
    return { person, browser, path, form: form(person) }
  },
})

export async function settingUp(site: TestSite, traits: TestUserTraits = {}) {
  const person = await createTestUser(site, { app: false, staff: false, ...traits })
  const browser = await signIn(site, person)
  return { person, browser }
}
