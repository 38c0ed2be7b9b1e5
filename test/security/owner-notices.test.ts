import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noClient } from '../../src/client-info.js'
import { unlockUser } from '../../src/auth/unlock-user.js'
import { generateHotp } from '../../src/otp/tokens/oath.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { queuedEmailsTo } from '../support/queued-emails.js'
import { createTestUser, signIn, stepUp, type TestSite, type TestUser } from '../support/site.js'
import { openSite } from './open-site.js'

const login = '/account/login'
const EVE = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36'
const FLOOD = 15

let site: TestSite
beforeAll(async () => {
  site = await openSite()
})
afterAll(() => site.close())

/** Passes the password step. */
async function enter(owner: TestUser, browser = site.browser(EVE)): Promise<HttpBrowser> {
  const answer = await browser.post(login, { username: owner.email, password: owner.password })
  expect(answer.status).toBe(303)
  return browser
}

interface Flood {
  name: string
  /** Causes as much activity as the sender can. */
  run(owner: TestUser, attempt: number): Promise<unknown>
}

/** What someone who has only the password, or not even that, can cause in any volume. */
const floods: readonly Flood[] = [
  {
    name: 'incorrect passwords',
    run: ({ email }, attempt) => site.browser(EVE).post(login, { username: email, password: `wrong ${attempt}` }),
  },
  { name: 'sign-ins that end at the second step', run: (owner) => enter(owner) },
  {
    name: 'requests for a new password',
    run: ({ email }) => site.browser(EVE).post('/account/password/forgot', { username: email }),
  },
  {
    name: 'wrong backup tokens',
    async run(owner, attempt) {
      const token = `AAAA-AAAA-AAAA-AA${(attempt + 10).toString(32).padStart(2, 'A').toUpperCase()}`
      const form = { otp_device: owner.backup?.persistentId ?? '', otp_token: token }
      await (await enter(owner)).post(login, form)
      site.clock.advance(1)
    },
  },
  {
    name: 'refused calls of a program',
    run: (owner, attempt) => site.browser(EVE).get(`/admin/api/resources/users/records/${owner.id}/show?n=${attempt}`),
  },
]

const codesFailed = async ({ email }: TestUser) =>
  (await queuedEmailsTo(site.database, email)).filter(({ mail }) => mail === 'second-factor-failed')
const bannerIn = (text: string) => /<div class="due" role="status">\s*<p>([^<]*)</.exec(text)?.[1]

describe('the notice to an owner about wrong codes', () => {
  it.each(floods)('is sent in spite of many $name', async ({ run }) => {
    const owner = await createTestUser(site, { backupTokens: 2 })
    const own = await signIn(site, owner)
    site.clock.advance(1)
    const eve = await enter(owner)
    for (let attempt = 0; attempt < FLOOD; attempt += 1) await run(owner, attempt)
    for (const wait of [2, 3, 5]) {
      const answer = await eve.post(login, { otp_device: owner.app?.persistentId ?? '', otp_token: '000000' })
      expect(answer).toMatchObject({ status: 422, code: 'invalid_token' })
      site.clock.advance(wait)
    }
    expect(await codesFailed(owner)).toMatchObject([{ browser: 'Chrome 140 on Windows' }])
    await own.post('/account/logout')
    const banner = bannerIn((await (await signIn(site, owner, own)).get('/account/two-factor')).text) ?? ''
    const rejected = Number(/(\d+) codes were rejected/.exec(banner)?.[1])
    expect(rejected).toBeGreaterThanOrEqual(3)
    expect(banner).toContain('from Chrome 140 on Windows')
  })
})

/** Emails about what the sender of a flood might do next, and how the tests do it. */
const steps: readonly { mail: string; take(owner: TestUser, own: HttpBrowser): Promise<unknown> }[] = [
  {
    mail: 'backup-token-used',
    async take(owner) {
      const form = { otp_device: owner.backup?.persistentId ?? '', otp_token: owner.backupTokens[0] ?? '' }
      expect((await (await enter(owner)).post(login, form)).status).toBe(303)
    },
  },
  {
    mail: 'device-added',
    async take(_owner, own) {
      await stepUp(own)
      const form = { name: 'Token', key: '4142434445464748494a4b4c4d4e4f5051525354' }
      const { location = '' } = await own.post('/account/two-factor/hardware-tokens/add', form)
      const code = generateHotp(Buffer.from(form.key, 'hex'), 0, 6)
      expect((await own.post(location, { otp_token: code })).status).toBe(303)
    },
  },
]

describe('the notice to an owner about what matters', () => {
  it.each(floods.flatMap((flood) => steps.map((step) => ({ ...flood, ...step }))))(
    'is sent in spite of many $name: $mail',
    async ({ run, mail, take }) => {
      const owner = await createTestUser(site, { backupTokens: 2 })
      const own = await signIn(site, owner)
      for (let attempt = 0; attempt < FLOOD; attempt += 1) await run(owner, attempt)
      const unlocking = { userId: owner.id, actorId: null, client: noClient }
      await site.database.sequelize.transaction(async (transaction) => unlockUser(site.otp, transaction, unlocking))
      await take(owner, own)
      const mails = (await queuedEmailsTo(site.database, owner.email)).map((each) => each.mail)
      expect(mails).toContain(mail)
      expect(mails).not.toContain('notices-paused')
    },
  )

  it('is paused by nobody without the password', async () => {
    const owner = await createTestUser(site)
    for (const { run } of floods.filter(({ name }) => /passwords|new password|program/.test(name)))
      for (let attempt = 0; attempt < 2 * FLOOD; attempt += 1) await run(owner, attempt)
    const mails = (await queuedEmailsTo(site.database, owner.email)).map(({ mail }) => mail)
    expect(mails.filter((mail) => mail !== 'password-reset')).toEqual(['password-failed'])
  })
})

describe('the notice to a user without a second factor about sign-ins', () => {
  it('includes that there are more of them than emails', async () => {
    const owner = await createTestUser(site, { staff: false, app: false })
    await signIn(site, owner)
    for (let attempt = 0; attempt < FLOOD; attempt += 1) await enter(owner)
    const mails = await queuedEmailsTo(site.database, owner.email)
    expect(mails.map(({ mail }) => mail)).toEqual([
      ...Array.from({ length: 10 }, () => 'new-browser'),
      'notices-paused',
    ])
    expect(mails.at(-1)).toMatchObject({ about: 'new-browser', browser: 'Chrome 140 on Windows' })
  })
})
