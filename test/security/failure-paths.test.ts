import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import { addHotpDevice } from '../../src/kinds/hotp/add-device.js'
import { packageRoot } from '../../src/package-root.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { openTestDatabase } from '../support/database.js'
import { createTestUser, type TestUser, signIn, startTestSite, type TestSite } from '../support/site.js'
import { createSoftwareKey } from '../support/software-key.js'
import { addSoftwareKey } from '../support/webauthn.js'

const login = '/account/login'
const WRONG = '000000'

/** What the sender has proved, and which counter a wrong token then raises. */
type Row = [
  what: string,
  shown: keyof typeof openers,
  send: (browser: HttpBrowser, person: TestUser) => Promise<unknown>,
  lanes: string[],
]

let database: Database
let site: TestSite
beforeAll(async () => {
  database = await openTestDatabase()
  site = await startTestSite(database, { BASE_URL: 'http://localhost:0', OTP_PASSKEY_LOGIN: 'true' })
})
afterAll(async () => {
  await site.close()
  await database.close()
})

const openers = {
  nothing: async () => site.browser(),
  'the password': async (person: TestUser) => {
    const browser = site.browser()
    await browser.post(login, { username: person.email, password: person.password })
    return browser
  },
  'the password in a known browser': async (person: TestUser) => {
    const browser = await signIn(site, person)
    await browser.post('/account/logout')
    await browser.post(login, { username: person.email, password: person.password })
    return browser
  },
  'a verified session': (person: TestUser) => signIn(site, person),
}

const passkeyOf = async (browser: HttpBrowser, person: TestUser) => {
  const { key } = await addSoftwareKey(site.otp, person.id)
  const options = JSON.parse((await browser.post(`${login}/passkey/options`)).text)
  const asked = { ...options, origin: site.baseUrl, userVerified: true }
  const { id, rawId } = JSON.parse(key.answer(asked))
  const forged = { ...JSON.parse(createSoftwareKey().answer(asked)), id, rawId }
  return browser.post(`${login}/passkey`, { otp_token: JSON.stringify(forged) })
}
const hotpOf = async (person: TestUser, confirmed: boolean) =>
  database.sequelize.transaction((transaction) =>
    addHotpDevice(site.otp, transaction, {
      userId: person.id,
      name: 'Token',
      secret: Buffer.alloc(20, 7),
      digits: 6,
      counter: 0,
      confirmed,
    }),
  )
const TOKENS = '/account/two-factor/hardware-tokens'

const step = (browser: HttpBrowser) => browser.post(login, { otp_token: WRONG })
const oneForm = (browser: HttpBrowser, person: TestUser) =>
  browser.post(login, { username: person.email, password: person.password, otp_token: WRONG })
const stepUp = (browser: HttpBrowser) => browser.post('/account/verify', { otp_token: WRONG })
const synchronise = async (browser: HttpBrowser, person: TestUser) => {
  const { id } = await hotpOf(person, true)
  return browser.post(`${TOKENS}/${id}/synchronise`, { otp_token: WRONG, otp_token_next: WRONG })
}
const setUp = async (browser: HttpBrowser) => {
  await browser.post('/account/two-factor/setup', { method: 'totp' })
  return browser.post('/account/two-factor/setup', { otp_token: WRONG })
}
const confirm = async (browser: HttpBrowser, person: TestUser) => {
  const { id } = await hotpOf(person, false)
  return browser.post(`${TOKENS}/${id}/confirm`, { otp_token: WRONG })
}

const rows: Row[] = [
  ['the token step', 'nothing', step, []],
  ['the token step', 'the password', step, ['sign_in']],
  ['the token step', 'the password in a known browser', step, ['known_browser']],
  [
    'one form with a wrong password',
    'nothing',
    (browser, person) => oneForm(browser, { ...person, password: 'x' }),
    [],
  ],
  ['one form', 'the password in a known browser', oneForm, ['known_browser']],
  ['one form with the password', 'nothing', oneForm, ['sign_in']],
  ['a step-up', 'nothing', stepUp, []],
  ['a step-up', 'the password', stepUp, []],
  ['a step-up', 'a verified session', stepUp, ['session']],
  ['synchronising a hardware token', 'the password', synchronise, []],
  ['synchronising a hardware token', 'a verified session', synchronise, ['session']],
  ['setting up an app', 'the password', setUp, []],
  ['setting up an app', 'a verified session', setUp, ['set_up']],
  ['confirming a hardware token', 'nothing', confirm, []],
  ['confirming a hardware token', 'the password', confirm, []],
  ['confirming a hardware token', 'a verified session', confirm, ['set_up']],
  ['a passkey alone', 'nothing', passkeyOf, []],
]

describe('a wrong token counts only if the sender has proved something', () => {
  it.each(rows)('at %s, with %s', async (_what, shown, send, lanes) => {
    const person = await createTestUser(site)
    await send(await openers[shown](person), person)
    const { rows: found } = await database.pool.query('select token_failed_lanes from users where id = $1', [person.id])
    expect(found).toEqual([{ token_failed_lanes: lanes }])
    const tables = ['totp', 'hotp', 'webauthn'].map(
      (kind) => `select failure_count from ${kind}_devices where user_id = $1`,
    )
    const counted = await database.pool.query(
      `select sum(failure_count)::int as failures from (${tables.join(' union all ')}) d`,
      [person.id],
    )
    expect(counted.rows).toEqual([{ failures: lanes.length }])
  })
})

describe('the source', () => {
  const sources = readdirSync(path.join(packageRoot, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && !file.startsWith('testing/'))
    .map((file) => ({
      file: file.replaceAll('\\', '/'),
      text: readFileSync(path.join(packageRoot, 'src', file), 'utf8'),
    }))
  const withoutComments = (text: string) => text.replaceAll(/\/\*\*[^]*?\*\//g, '')
  const filesWith = (pattern: RegExp) =>
    sources.filter(({ text }) => pattern.test(withoutComments(text))).map(({ file }) => file)

  it('raises counters in one file only; others clear or correct them', () => {
    expect(filesWith(/failure_count = (?:\$|failure_count \+|[1-9])|token_failed_at = \$/).toSorted()).toEqual([
      'otp/sql/correct-times.ts',
      'otp/sql/save-outcome.ts',
    ])
  })

  it('verifies tokens of users in no file that docs/security.md does not cover', () => {
    expect(
      filesWith(/\b(verifyToken|matchToken|confirmDevice)\((account|auth)\.otp, \{|await verifyToken\(/).toSorted(),
    ).toEqual([
      'account/setup/confirm-kind-device.ts',
      'auth/login/submit-password.ts',
      'auth/login/submit-token.ts',
      'kinds/delivered-code/confirm-code.ts',
      'kinds/hotp/confirm.ts',
      'kinds/totp/submit-step.ts',
      'kinds/webauthn/submit-passkey.ts',
    ])
  })
})
