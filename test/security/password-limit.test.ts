import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createInvitation } from '../../src/auth/links/create-invitation.js'
import { noClient } from '../../src/client-info.js'
import { callAction } from '../admin/panel-site.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { queuedEmailsTo } from '../support/queued-emails.js'
import { createTestUser, type TestUser, signIn, startTestSite, type TestSite } from '../support/site.js'
import { openSite } from './open-site.js'

const login = '/account/login'
let site: TestSite
beforeAll(async () => void (site = await openSite({ OTP_POLICY: 'off', TRUST_PROXY: '1' })))
afterAll(() => site.close())

let senders = 0
/** Another IP address each time. */
const elsewhere = () => ({ 'X-Forwarded-For': `198.51.${(senders += 1) >> 8}.${senders & 255}` })

const enter = (username: string, password: string, browser: HttpBrowser = site.browser(), headers = elsewhere()) =>
  browser.visit(login, { method: 'POST', form: { username, password }, headers })

/** Incorrect passwords, with the specified wait between them. @returns how many were checked */
async function attack(username: string, times: number, browser?: HttpBrowser): Promise<number> {
  let checked = 0
  for (let attempt = 0; attempt < times; attempt += 1) {
    const answer = await enter(username, `wrong-${attempt}`, browser)
    const wait = Number(answer.headers['retry-after'] ?? 0)
    if (wait > 3600) return checked
    if (answer.status === 422) checked += 1
    else site.clock.advance(wait)
  }
  return checked
}

/** Someone else's attempts until even the correct password has to wait. */
async function lockOut(person: TestUser): Promise<void> {
  for (let attempt = 0; attempt < 11; attempt += 1) await enter(person.email, `wrong-${attempt}`)
  expect((await enter(person.email, person.password)).status).toBe(429)
}

/** Making an invitation ends waits itself, so it is made first. @returns the link's path */
async function inviteWithoutPassword({ id }: TestUser): Promise<string> {
  const { database, otp, baseUrl } = site
  await database.models.User.update({ password_hash: null }, { where: { id } })
  const { link } = await database.sequelize.transaction((transaction) =>
    createInvitation(otp, transaction, { userId: id, actorId: null, client: noClient }, baseUrl),
  )
  return new URL(link).pathname
}

const mailsWaiting = async () => {
  const { rows } = await site.database.pool.query(
    "select count(*)::int as count from graphile_worker.jobs where task_identifier = 'send-mail'",
  )
  return Number(rows[0]?.count)
}

describe('incorrect passwords of one account', () => {
  it('are checked ten times, from any IP addresses, and then throttled', async () => {
    const person = await createTestUser(site, { staff: false, app: false })
    const answers = []
    for (let attempt = 0; attempt < 120; attempt += 1) answers.push(await enter(person.email, `wrong-${attempt}`))
    expect(answers.filter(({ code }) => code === 'invalid_login')).toHaveLength(10)
    expect(answers.at(-1)).toMatchObject({ status: 429, code: 'n_failed_attempts' })
    expect(await enter(person.email, person.password)).toMatchObject({ status: 429 })
    site.clock.advance(1)
    expect(await enter(person.email, person.password)).toMatchObject({ status: 303 })
  })

  it('end after 100, for 30 days', async () => {
    const person = await createTestUser(site, { staff: false, app: false })
    expect(await attack(person.email, 400)).toBe(100)
    const last = await enter(person.email, person.password)
    expect(last.status).toBe(429)
    expect(last.text).toContain('30 days')
    site.clock.advance(29 * 86_400)
    expect((await enter(person.email, person.password)).status).toBe(429)
    site.clock.advance(86_400)
    expect((await enter(person.email, person.password)).status).toBe(303)
  })

  it('look the same for a login that nobody has, response by response', async () => {
    const person = await createTestUser(site, { staff: false, app: false })
    const seen = async (username: string) => {
      const answers: unknown[] = []
      for (let attempt = 0; attempt < 16; attempt += 1) {
        const { status, code, text, headers } = await enter(username, 'wrong')
        answers.push([status, code, headers['retry-after'], text.replaceAll(username, '…')])
        if (attempt > 12) site.clock.advance(Number(headers['retry-after'] ?? 0))
      }
      return answers
    }
    expect(await seen(person.email)).toEqual(await seen('nobody-of-that-name@example.com'))
  })

  it.each([
    ['the domain in its own script', 'b\u00fccher.example'],
    ['the domain in ASCII', 'xn--bcher-kva.example'],
  ])('look the same for an account and for nobody if another program stored %s', async (_what, domain) => {
    const person = await createTestUser(site, { staff: false, app: false })
    await site.database.models.User.update({ email: `ada@${domain}` }, { where: { id: person.id } })
    const seen = async (name: string) => {
      const ascii = `${name}@xn--bcher-kva.example`
      const other = `${name}@b\u00fccher.example`
      const typed = [...Array<string>(10).fill(other), ascii, other.toUpperCase(), ` ${ascii} `, `<${other}>`]
      const answers: unknown[] = []
      for (const username of typed) {
        const { status, code, headers } = await enter(username, 'wrong')
        answers.push([status, code, headers['retry-after']])
        if (answers.length > 11) site.clock.advance(Number(headers['retry-after'] ?? 0))
      }
      return answers
    }
    expect(await seen('ada')).toEqual(await seen('bob'))
    await site.database.models.User.destroy({ where: { id: person.id } })
  })

  it.each(['upper case', 'spaces'])('count with %s as the same login', async (variant) => {
    const person = await createTestUser(site, { staff: false, app: false })
    await attack(person.email, 10)
    const other = variant === 'spaces' ? ` ${person.email} ` : person.email.toUpperCase()
    expect((await enter(other, person.password)).status).toBe(429)
  })

  it('leave a separate lane to a browser in which the person has signed in before', async () => {
    const person = await createTestUser(site, { staff: false, app: false })
    const own = site.browser()
    expect((await enter(person.email, person.password, own)).status).toBe(303)
    own.cookies.delete('otp_session')
    await attack(person.email, 400)
    expect((await enter(person.email, person.password)).status).toBe(429)
    expect((await enter(person.email, 'a slip', own)).status).toBe(422)
    expect((await enter(person.email, person.password, own)).status).toBe(303)
    // It is not a way to get more attempts at another account.
    const other = await createTestUser(site, { staff: false, app: false })
    expect(await attack(other.email, 12, own)).toBe(11)
  })

  it('are limited in a known browser as well', async () => {
    const person = await createTestUser(site, { staff: false, app: false })
    const own = site.browser()
    await enter(person.email, person.password, own)
    expect(await attack(person.email, 400, own)).toBe(100)
  })

  it('do not throttle many correct ones', async () => {
    const person = await createTestUser(site)
    const form = { username: person.email, password: person.password }
    const answers = await Promise.all(Array.from({ length: 30 }, () => site.browser().post('/account/login', form)))
    expect(answers.map(({ status }) => status)).toEqual(Array(30).fill(303))
  })

  it('are not checked more often if many come at once', async () => {
    const person = await createTestUser(site, { staff: false, app: false })
    const answers = await Promise.all(Array.from({ length: 30 }, () => enter(person.email, 'wrong')))
    expect(answers.filter(({ status }) => status === 422)).toHaveLength(10)
  })

  it('of others remain counted if the owner succeeds elsewhere', async () => {
    const person = await createTestUser(site, { staff: false, app: false })
    await attack(person.email, 9)
    expect((await enter(person.email, person.password)).status).toBe(303)
    expect(await attack(person.email, 3)).toBe(1 + 1)
  })

  it("of the user are cleared by the user's success", async () => {
    const person = await createTestUser(site, { staff: false, app: false })
    const home = { 'X-Forwarded-For': '203.0.113.9' }
    for (let day = 0; day < 12; day += 1) {
      for (let slip = 0; slip < 3; slip += 1)
        expect((await enter(person.email, 'slip', site.browser(), home)).status).toBe(422)
      expect((await enter(person.email, person.password, site.browser(), home)).status).toBe(303)
    }
  })

  it('notify the owner when the wait begins and when the attempts end, and not each time', async () => {
    const person = await createTestUser(site, { staff: false, app: false })
    const before = await mailsWaiting()
    await attack(person.email, 9)
    expect(await mailsWaiting()).toBe(before)
    await attack(person.email, 40)
    expect(await mailsWaiting()).toBe(before + 1)
    await attack(person.email, 400)
    expect(await mailsWaiting()).toBe(before + 2)
  })

  type End = (person: TestUser, own: HttpBrowser, invitation: string) => Promise<{ status: number }>
  const fresh = 'four words make one'
  const newPasswords: Record<string, End> = {
    'by a link from an email': async (person) => {
      await site.browser().post('/account/password/forgot', { username: person.email })
      const linkMail = async () =>
        (await queuedEmailsTo(site.database, person.email)).find(({ mail }) => mail === 'password-reset')
      await expect.poll(linkMail, { timeout: 60_000 }).toBeDefined()
      const mail = await linkMail()
      const link = mail && 'link' in mail ? new URL(mail.link).pathname : ''
      return site.browser().post(link, { password: fresh })
    },
    'by an invitation': (_person, _own, invitation) => site.browser().post(invitation, { password: fresh }),
    'on their own page': (person, own) =>
      own.post('/account/password/change', { password: person.password, new_password: fresh }),
  }

  it.each(Object.entries(newPasswords))('are cleared once a new password is set %s', async (how, setPassword) => {
    const person = await createTestUser(site, { staff: false, app: false })
    const own = await signIn(site, person)
    const invitation = how === 'by an invitation' ? await inviteWithoutPassword(person) : ''
    await lockOut(person)
    expect((await setPassword(person, own, invitation)).status).toBe(303)
    expect((await enter(person.email, fresh)).status).toBe(303)
    // Not only the next one: the count begins again.
    expect(await attack(person.email, 10)).toBe(10)
  })

  it.each(Object.entries(newPasswords))(
    'by someone who knew the old one throttle no known browser after a new one is set %s',
    async (how, setPassword) => {
      const person = await createTestUser(site, { staff: false, app: false })
      const theirs = site.browser()
      expect((await enter(person.email, person.password, theirs)).status).toBe(303)
      theirs.cookies.delete('otp_session')
      const own = await signIn(site, person)
      const invitation = how === 'by an invitation' ? await inviteWithoutPassword(person) : ''
      expect((await setPassword(person, own, invitation)).status).toBe(303)
      const known = site.browser()
      expect((await enter(person.email, fresh, known)).status).toBe(303)
      known.cookies.delete('otp_session')
      await attack(person.email, 400, theirs)
      expect((await enter(person.email, fresh)).status).toBe(429)
      expect((await enter(person.email, fresh, known)).status).toBe(303)
    },
  )

  it('are not cleared while a new password is rejected', async () => {
    const person = await createTestUser(site, { staff: false, app: false })
    const own = await signIn(site, person)
    await lockOut(person)
    const change = (password: string, chosen: string) =>
      own.post('/account/password/change', { password, new_password: chosen })
    expect((await change(person.password, 'short')).status).toBe(422)
    expect((await change('wrong', fresh)).status).toBe(422)
    await site.browser().post('/account/password/forgot', { username: person.email })
    expect((await enter(person.email, person.password)).status).toBe(429)
  })

  it('are cleared once an administrator unlocks the account', async () => {
    const person = await createTestUser(site, { staff: false, app: false })
    const boss = await signIn(site, await createTestUser(site, { superuser: true }))
    await lockOut(person)
    expect((await callAction(boss, 'users', person.id, 'unlock')).status).toBe(200)
    expect((await enter(person.email, person.password)).status).toBe(303)
  })

  it('count under every key, so that a rotation gives no new attempts', async () => {
    const person = await createTestUser(site, { staff: false, app: false })
    await attack(person.email, 10)
    const keys = [Buffer.alloc(32, 9), Buffer.alloc(32, 7)]
    const rotated = await startTestSite(site.database, { OTP_POLICY: 'off' }, keys, { clock: site.clock })
    const answer = await rotated.browser().post(login, { username: person.email, password: person.password })
    await rotated.close()
    expect(answer.status).toBe(429)
  })
})

describe('pages that ask for the current password', () => {
  it.each([
    ['/account/password/change', { new_password: 'another long password' }],
    ['/account/email', { email: 'new@example.com' }],
  ])('throttle %s after ten incorrect ones, apart from those of others', async (path, more) => {
    const person = await createTestUser(site)
    const browser = await signIn(site, person)
    await attack(person.email, 12)
    const codes = []
    for (let attempt = 0; attempt < 12; attempt += 1)
      codes.push((await browser.post(path, { ...more, password: `wrong-${attempt}` })).code)
    expect(codes.filter((code) => code === 'invalid_password')).toHaveLength(10)
    expect(codes.at(-1)).toBe('too_many_requests')
    site.clock.advance(1)
    expect((await browser.post(path, { ...more, password: person.password })).status).toBe(303)
  })
})
