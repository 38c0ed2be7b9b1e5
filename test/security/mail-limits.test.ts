import { describe, expect, it } from 'vitest'
import { notifyUser } from '../../src/notify/notify-user.js'
import type { Notice } from '../../src/notify/mails.js'
import { createKeyring } from '../../src/crypto/keyring.js'
import { takeNotice, takeRequest } from '../../src/notify/take-request.js'
import { callAction, usePanelSite } from '../admin/panel-site.js'
import type { HttpResponse, HttpBrowser } from '../support/http-browser.js'
import { queuedEmailsTo } from '../support/queued-emails.js'
import { createTestUser, type TestUser, signIn, stepUp } from '../support/site.js'

const site = usePanelSite({ OTP_EMAIL: 'true' })
const HOUR = 3600
const TRIES = 30

let forms = 0
/** A field that nobody reads: the same form submitted twice is answered once. */
const another = () => ({ n: String((forms += 1)) })

const jobs = async () => {
  const { rows } = await site().database.pool.query<{ task: string; count: number }>(
    'select task_identifier as task, count(*)::int as count from graphile_worker.jobs group by 1',
  )
  return rows.reduce((sum, { count }) => sum + count, 0)
}

interface Sender {
  name: string
  /** Prepares, and returns a function for the repeated request. */
  begin(): Promise<(attempt: number) => Promise<HttpResponse>>
  /** How many emails and texts this sends within an hour at most. */
  most: number
}

const person = (traits = {}) => createTestUser(site(), traits)
const askChange = (browser: HttpBrowser, { password }: TestUser, email: string) =>
  browser.post('/account/email', { email, password, ...another() })

const senders: readonly Sender[] = [
  {
    name: 'a change to one email address, by one user',
    async begin() {
      const alice = await person({ staff: false })
      const browser = await signIn(site(), alice)
      return () => askChange(browser, alice, 'stranger@example.net')
    },
    most: 2 * 5,
  },
  {
    name: 'a change to another email address each time, by one user',
    async begin() {
      const alice = await person({ staff: false })
      const browser = await signIn(site(), alice)
      return (attempt) => askChange(browser, alice, `stranger${attempt}@example.net`)
    },
    most: 2 * 5,
  },
  {
    name: 'a change to one email address in any spelling, by many people',
    async begin() {
      const people: { one: TestUser; browser: HttpBrowser }[] = []
      for (let each = 0; each < 10; each += 1) {
        const one = await person({ staff: false, app: false })
        people.push({ one, browser: await signIn(site(), one) })
      }
      return async (attempt) => {
        const { one, browser } = people[attempt % people.length] ?? {}
        if (!one || !browser) throw new Error('Nobody is there.')
        return askChange(browser, one, attempt % 2 ? 'Target@Example.net' : ' target@example.net')
      }
    },
    most: 2 * 5,
  },
  {
    name: 'an invitation of one person, by an administrator',
    async begin() {
      const invited = await person()
      return () => callAction(site().staff, 'users', invited.id, 'invite', { deliver: 'mail', ...another() })
    },
    most: 5,
  },
  {
    name: 'an invitation of one person, by several administrators',
    async begin() {
      const invited = await person()
      const by = [site().staff, site().boss]
      return (attempt) =>
        callAction(by[attempt % 2] ?? site().boss, 'users', invited.id, 'invite', { deliver: 'mail', ...another() })
    },
    most: 5,
  },
  {
    name: 'a forgotten password',
    async begin() {
      const { email } = await person()
      return () => site().browser().post('/account/password/forgot', { username: email })
    },
    most: 5,
  },
]

describe('emails that a request can cause', () => {
  it.each(senders)('are limited: $name', async ({ begin, most }) => {
    const send = await begin()
    const before = await jobs()
    const answers: HttpResponse[] = []
    for (let attempt = 0; attempt < TRIES; attempt += 1) answers.push(await send(attempt))
    expect(answers.filter(({ status }) => status < 400)).toHaveLength(5)
    const last = answers.at(-1)
    expect(last).toMatchObject({ status: 429, code: 'too_many_requests' })
    expect(Number(last?.headers['retry-after'])).toBeGreaterThan(0)
    expect(Number(last?.headers['retry-after'])).toBeLessThanOrEqual(HOUR)
    // What follows the response to a forgotten password is awaited.
    await expect.poll(jobs).toBe(before + most)
  })

  it('can be requested again after an hour, which further requests do not extend', async () => {
    const invited = await person()
    const send = () => callAction(site().boss, 'users', invited.id, 'invite', { deliver: 'mail', ...another() })
    for (let attempt = 0; attempt < 7; attempt += 1) await send()
    site().clock.advance(HOUR / 2)
    await stepUp(site().boss)
    expect(await send()).toMatchObject({ status: 429, code: 'too_many_requests' })
    site().clock.advance(HOUR / 2 - 60)
    await stepUp(site().boss)
    site().clock.advance(60)
    expect((await send()).status).toBe(200)
  })

  it('leave the existing state unchanged when they are rejected', async () => {
    const alice = await person({ staff: false })
    const browser = await signIn(site(), alice)
    for (let attempt = 0; attempt < 5; attempt += 1) await askChange(browser, alice, `before${attempt}@example.net`)
    const [mail] = await queuedEmailsTo(site().database, 'before4@example.net')
    const link = new URL(mail && 'link' in mail ? mail.link : '').pathname
    expect(await askChange(browser, alice, 'after@example.net')).toMatchObject({ status: 429 })
    expect((await browser.get(link)).status).toBe(200)
    expect(await askChange(browser, { ...alice, password: 'wrong' }, 'a@example.net')).toMatchObject({ status: 422 })
  })

  it('do not use up the requests for a forgotten password of the same address, or for an invitation on the page', async () => {
    const victim = await person()
    const mallory = await person({ staff: false })
    const browser = await signIn(site(), mallory)
    for (let attempt = 0; attempt < 7; attempt += 1) await askChange(browser, mallory, victim.email)
    for (let attempt = 0; attempt < 7; attempt += 1)
      await callAction(site().boss, 'users', victim.id, 'invite', { deliver: 'mail', ...another() })
    expect((await site().browser().post('/account/password/forgot', { username: victim.email })).status).toBe(303)
    expect((await callAction(site().boss, 'users', victim.id, 'invite', { deliver: 'page' })).status).toBe(200)
  })

  it("state in the person's language how long to wait, in the panel as well", async () => {
    const invited = await person()
    const send = () => callAction(site().boss, 'users', invited.id, 'invite', { deliver: 'mail', ...another() })
    for (let attempt = 0; attempt < 5; attempt += 1) await send()
    expect((await send()).text).toMatch(/in (1 hour|\d+ minutes)/)
  })
})

describe('the count of emails', () => {
  const take = (keys: Buffer[], now: Date, subject: string) =>
    site().database.sequelize.transaction((transaction) =>
      takeRequest({ database: site().database, keys: createKeyring(keys) }, transaction, now, [
        { purpose: 'invitation', subject },
      ]),
    )
  const [first, second] = [Buffer.alloc(32, 7), Buffer.alloc(32, 8)]

  it('continues after the secret key was rotated', async () => {
    const now = site().clock.now()
    for (let each = 0; each < 5; each += 1) expect(await take([first], now, 'rotated')).toBeNull()
    expect(await take([second, first], now, 'rotated')).toBe(HOUR)
  })

  it('lasts no longer than an hour, for any clock', async () => {
    const now = site().clock.now()
    const ahead = new Date(now.getTime() + 30 * 24 * HOUR * 1000)
    for (let each = 0; each < 6; each += 1) await take([first], ahead, 'ahead')
    expect(await take([first], now, 'ahead')).toBe(HOUR)
    expect(await take([first], new Date(now.getTime() + HOUR * 1000), 'ahead')).toBeNull()
  })

  it('allows no more if many are requested at once', async () => {
    const now = site().clock.now()
    const waits = await Promise.all(Array.from({ length: 20 }, () => take([first], now, 'at once')))
    expect(waits.filter((wait) => wait === null)).toHaveLength(5)
  })
})

describe('the count of notices', () => {
  const keysOf = (...keys: number[]) => createKeyring(keys.map((each) => Buffer.alloc(32, each)))
  const take = (keys: ReturnType<typeof keysOf>, now: Date, subject: string) =>
    site().database.sequelize.transaction((transaction) =>
      takeNotice({ database: site().database, keys }, transaction, now, subject),
    )

  it('finds the first one beyond the limit once, of many at once and after the secret key was rotated', async () => {
    const now = site().clock.now()
    for (let each = 0; each < 6; each += 1) expect(await take(keysOf(7), now, 'one')).toEqual({ allowed: true })
    const taken = await Promise.all(Array.from({ length: 12 }, () => take(keysOf(8, 7), now, 'one')))
    taken.push(await take(keysOf(8, 7), now, 'one'))
    expect(taken.filter(({ allowed }) => allowed)).toHaveLength(4)
    expect(taken.filter((one) => !one.allowed && one.first)).toHaveLength(1)
  })

  it('finds another one an hour later', async () => {
    const now = site().clock.now()
    const later = new Date(now.getTime() + HOUR * 1000)
    for (let each = 0; each < 12; each += 1) await take(keysOf(7), now, 'two')
    for (let each = 0; each < 10; each += 1) expect(await take(keysOf(7), later, 'two')).toEqual({ allowed: true })
    expect(await take(keysOf(7), later, 'two')).toEqual({ allowed: false, first: true, wait: HOUR })
  })
})

const at = new Date('2026-03-01T12:00:00Z')
const where = { at, address: '192.0.2.7', browser: 'Firefox 139 on Linux' }
const device = { device: 'App', kind: 'totp' }
const notices: readonly Notice[] = [
  { mail: 'backup-token-used', left: 3, ...where },
  { mail: 'backup-tokens-made', by: 'owner', left: 10, ...where },
  { mail: 'browser-trusted', until: at, ...where },
  { mail: 'device-added', by: 'owner', ...device, ...where },
  { mail: 'device-enabled', by: 'administrator', ...device, ...where },
  { mail: 'device-removed', by: 'owner', ...device, ...where },
  { mail: 'device-renamed', by: 'administrator', ...device, ...where },
  { mail: 'device-switched-off', by: 'failures', ...device, ...where },
  { mail: 'email-change-requested', newEmail: 'new@example.com', ...where },
  { mail: 'email-changed', newEmail: 'new@example.com', ...where },
  { mail: 'last-backup-token-used', left: 0, ...where },
  { mail: 'new-browser', ...where },
  { mail: 'password-changed', ...where },
  { mail: 'password-failed', ...where },
  { mail: 'password-locked', ...where },
  { mail: 'second-factor-failed', ...where },
  { mail: 'sessions-ended', by: 'owner', ...where },
  { mail: 'trusted-browser-copied', ...where },
  { mail: 'two-factor-disabled', by: 'owner', ...where },
]

describe('emails that notify an owner', () => {
  it('have a row here each', async () => {
    const { mailSchema } = await import('../../src/notify/mails.js')
    const every = mailSchema.options.filter(({ shape }) => 'at' in shape).map(({ shape }) => shape.mail.value)
    // The one about the limit is not counted itself.
    expect(notices.map(({ mail }) => mail)).toEqual(every.filter((mail) => mail !== 'notices-paused'))
  })

  it.each(notices)('are ten an hour of one kind at most, and one that there are more: $mail', async (notice) => {
    const { id, email } = await person()
    const services = { database: site().database, keys: site().otp.keys, baseUrl: () => 'https://admin.example.com' }
    const tell = (notice: Notice) =>
      site().database.sequelize.transaction((transaction) => notifyUser(services, transaction, id, notice))
    // The site's clock: with another one its own sweep would delete the count in between.
    const now = site().clock.now()
    for (let attempt = 0; attempt < TRIES; attempt += 1) await tell({ ...notice, at: now })
    const queued = await queuedEmailsTo(site().database, email)
    expect(queued.map(({ mail }) => mail)).toEqual([...Array.from({ length: 10 }, () => notice.mail), 'notices-paused'])
    const pausedUntil = new Date(now.getTime() + HOUR * 1000)
    expect(queued.at(-1)).toMatchObject({ about: notice.mail, at: now, pausedUntil, address: notice.address })
    // Another kind is still sent.
    await tell({ mail: notice.mail === 'password-changed' ? 'new-browser' : 'password-changed', ...where, at: now })
    expect(await queuedEmailsTo(site().database, email)).toHaveLength(12)
    await tell({ ...notice, at: new Date(now.getTime() + HOUR * 1000) })
    expect(await queuedEmailsTo(site().database, email)).toHaveLength(13)
  })

  it.each([
    ['ending all other sessions', '/account/two-factor/sessions/others', 'sessions-ended'],
    ['making backup tokens', '/account/two-factor/backup-tokens', 'backup-tokens-made'],
  ])('do not increase with %s over and over, while the audit log has each', async (_name, address, mail) => {
    const alice = await person()
    const browser = await signIn(site(), alice)
    for (let attempt = 0; attempt < TRIES; attempt += 1)
      expect((await browser.post(address, another())).status).toBe(303)
    const mails = (await queuedEmailsTo(site().database, alice.email)).filter((each) => each.mail === mail)
    expect(mails).toHaveLength(10)
    const sql = 'select count(*)::int as count from audit_events where user_id = $1 and event = $2'
    const { rows } = await site().database.pool.query(sql, [alice.id, mail.replaceAll('-', '_')])
    expect(rows).toEqual([{ count: TRIES }])
  })
})
