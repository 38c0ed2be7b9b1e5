import { rmSync, writeFileSync } from 'node:fs'
import express from 'express'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import { asApiClient, openHostSite } from '../auth/host-site.js'
import { openTestDatabase } from '../support/database.js'
import { appCode } from '../support/authenticator.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { addPhone } from '../support/challenges.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { addToNewGroup } from '../support/groups.js'
import {
  createTestUser,
  type TestUser,
  signIn,
  startTestSite,
  type TestSite,
  type TestUserTraits,
} from '../support/site.js'
import { addSoftwareKey } from '../support/webauthn.js'

let database: Database
const open: TestSite[] = []
beforeAll(async () => void (database = await openTestDatabase()))
afterAll(async () => {
  await Promise.all(open.map((site) => site.close()))
  await database.close()
})

/** One process with this configuration over the shared database. */
async function openSite(environment: Record<string, string>): Promise<TestSite> {
  const site = await startTestSite(database, environment)
  open.push(site)
  return site
}

const DAY = 24 * 3600
const profile = '/account/two-factor'
const setUp = `${profile}/setup`
const setUpFor = (page: string) => `${setUp}?next=${encodeURIComponent(page)}`
const sql = (text: string, ...values: unknown[]) => database.pool.query(text, values)

/** Signed in with the password alone, or with a backup token if the user has one. */
async function arrive(site: TestSite, person: TestUser): Promise<HttpBrowser> {
  if (person.backupTokens.length === 0) return signIn(site, person)
  const browser = site.browser()
  const [token = ''] = person.backupTokens
  await browser.post('/account/login', { username: person.email, password: person.password, otp_token: token })
  return browser
}

/** Enrols an authenticator app with the wizard. */
async function enrol(site: TestSite, browser: HttpBrowser): Promise<void> {
  await browser.post(setUp, { method: 'totp' })
  const { text } = await browser.get(setUp)
  const secret = /<code class="secret"[^>]*>([A-Z2-7 ]+)</.exec(text)?.[1] ?? ''
  const answer = await browser.post(setUp, { otp_token: appCode(secret, site.clock.now()) })
  expect(answer).toMatchObject({ status: 303, location: `${setUp}/complete` })
}

/** The number of days in the banner; null if there is no banner. */
const daysIn = (text: string) => /<div class="due"[^>]*><p>[^<]*?(\d+) days? left/.exec(text)?.[1] ?? null

const people: Record<string, TestUserTraits> = {
  'staff without a device': { app: false },
  'others without a device': { app: false, staff: false },
  'staff with backup tokens alone': { app: false, backupTokens: 1 },
  'staff with an app': {},
  'others with an app': { staff: false },
}
const PASSES = '200, 200'
const KEPT = '302 to the set-up, 403 enrolment_required'

/** For the users above, in order: what a page and an API call return after the grace period. */
const policies: Record<string, readonly string[]> = {
  off: [PASSES, PASSES, PASSES, PASSES, PASSES],
  staff: [KEPT, PASSES, PASSES, PASSES, PASSES],
  everyone: [KEPT, KEPT, PASSES, PASSES, PASSES],
  strict: [KEPT, KEPT, KEPT, PASSES, PASSES],
}

describe.each(Object.entries(policies))('OTP_POLICY=%s', (policy, expected) => {
  let atOnce: TestSite
  let later: TestSite
  beforeAll(async () => {
    atOnce = await openSite({ OTP_POLICY: policy })
    later = await openSite({ OTP_POLICY: policy, OTP_GRACE_DAYS: '14' })
  })

  it.each(Object.entries(people).map(([name, traits], index) => ({ name, traits, answers: expected[index] })))(
    'without a grace period answers $answers to $name, and everything is open during one',
    async ({ traits, answers }) => {
      const look = async (site: TestSite) => {
        const browser = await arrive(site, await createTestUser(site, traits))
        const page = await browser.get(profile)
        const program = await asApiClient(browser).get(profile)
        const led = page.location === setUpFor(profile) ? `${page.status} to the set-up` : String(page.status)
        return { page, answers: `${led}, ${[program.status, program.code].filter(Boolean).join(' ')}` }
      }
      expect((await look(atOnce)).answers).toBe(answers)
      const graced = await look(later)
      expect(graced.answers).toBe(PASSES)
      expect(daysIn(graced.page.text) ?? 'none').toBe(answers === KEPT || isReminded(policy, traits) ? '14' : 'none')
    },
  )
})

/** Backup tokens alone are not a second factor, although they still sign in. */
function isReminded(policy: string, { backupTokens = 0 }: TestUserTraits): boolean {
  return backupTokens > 0 && policy !== 'off'
}

describe('the grace period', () => {
  let site: TestSite
  let shorter: TestSite
  beforeAll(async () => {
    site = await openSite({ OTP_GRACE_DAYS: '14' })
    shorter = await openSite({ OTP_GRACE_DAYS: '3' })
  })
  const bare = () => createTestUser(site, { app: false })
  /** Advances the clock of both processes. */
  const pass = (seconds: number) => [site, shorter].forEach(({ clock }) => clock.advance(seconds))
  const atShorter = (browser: HttpBrowser): HttpBrowser => {
    const same = shorter.browser()
    for (const [name, value] of browser.cookies) same.cookies.set(name, value)
    return same
  }

  it('counts started days on every page, from the first request under the policy, and then ends', async () => {
    const person = await bare()
    expect(daysIn((await (await arrive(site, person)).get('/account/language')).text)).toBe('14')
    pass(DAY + 1)
    expect(daysIn((await (await arrive(site, person)).get(profile)).text)).toBe('13')
    pass(12 * DAY)
    const last = await arrive(site, person)
    expect(daysIn((await last.get('/account/logout')).text)).toBe('1')
    pass(DAY - 1)
    const after = await arrive(site, person)
    expect(await after.get(profile)).toMatchObject({ status: 302, location: setUpFor(profile) })
  })

  it('applies at once to existing sessions if it is shortened', async () => {
    const person = await bare()
    await (await arrive(site, person)).get(profile)
    pass(4 * DAY)
    const browser = await arrive(site, person)
    expect((await browser.get(profile)).status).toBe(200)
    expect(await atShorter(browser).get(profile)).toMatchObject({ status: 302, location: setUpFor(profile) })
    expect((await asApiClient(atShorter(browser)).get(profile)).code).toBe('enrolment_required')
    expect((await browser.get(profile)).status).toBe(200)
  })

  it('does not start again after a device was enrolled and removed', async () => {
    const person = await bare()
    const browser = await arrive(site, person)
    await browser.get(profile)
    await enrol(site, browser)
    expect(daysIn((await browser.get(profile)).text)).toBeNull()
    pass(15 * DAY)
    await sql('delete from totp_devices where user_id = $1', person.id)
    await sql('delete from static_devices where user_id = $1', person.id)
    expect((await (await arrive(site, person)).get(profile)).location).toBe(setUpFor(profile))
  })

  it('lets a user postpone the setup until it has ended', async () => {
    const person = await bare()
    const link = async (next: string) =>
      /href="([^"]+)">Not now</.exec((await (await arrive(site, person)).get(`${setUp}?next=${next}`)).text)?.[1]
    expect(await link('/account/language')).toBe('/account/language')
    expect(await link('/admin/resources/users')).toBe(profile)
    pass(14 * DAY)
    expect(await link('/account/language')).toBeUndefined()
  })

  it('starts again after the policy had no longer applied to the user', async () => {
    const person = await bare()
    await (await arrive(site, person)).get(profile)
    pass(15 * DAY)
    await sql('update users set is_staff = false where id = $1', person.id)
    expect((await (await arrive(site, person)).get(profile)).status).toBe(200)
    await sql('update users set is_staff = true where id = $1', person.id)
    expect(daysIn((await (await arrive(site, person)).get(profile)).text)).toBe('14')
  })
})

describe('a user whom the policy redirects to the setup', () => {
  let site: TestSite
  beforeAll(async () => void (site = await openSite({})))

  it('sets up a device, sees the backup tokens, and returns to the requested page', async () => {
    const browser = await arrive(site, await createTestUser(site, { app: false }))
    expect((await browser.get(`${profile}/sessions`)).location).toBe(setUpFor(`${profile}/sessions`))
    await enrol(site, browser)
    expect((await browser.get(`${setUp}/complete?next=${profile}/sessions`)).text).toMatch(
      /<code>[A-Z2-7-]{19}<\/code>/,
    )
    expect((await browser.get(`${profile}/sessions`)).status).toBe(200)
  })

  it.each(['/account/logout', '/account/language', setUp, '/account/two-factor/phones/add', '/healthz', '/readyz'])(
    'can still open %s',
    async (page) => {
      const browser = await arrive(site, await createTestUser(site, { app: false }))
      expect((await browser.get(page)).status).toBe(200)
    },
  )

  it('does not return to a submitted form, and nothing in it is done', async () => {
    const person = await createTestUser(site, { app: false })
    const browser = await arrive(site, person)
    const answer = await browser.post('/account/password/change', { old_password: person.password })
    expect(answer).toMatchObject({ status: 302, location: setUp })
  })

  it('gets the same from the panel as any user who is not verified', async () => {
    const browser = await arrive(site, await createTestUser(site, { app: false }))
    expect((await browser.get('/admin/api/dashboard')).code).toBe('not_verified')
    const panel = await browser.get('/admin')
    expect(panel.location).toBe('/account/login?next=%2Fadmin')
    expect((await browser.get(panel.location ?? '')).location).toBe(setUpFor('/admin'))
  })

  it('is recorded and reported once in a quarter of an hour, for any number of concurrent requests', async () => {
    const emitted: string[] = []
    const stop = site.otp.events.on('policyBlocked', ({ path }) => void emitted.push(path))
    const person = await createTestUser(site, { app: false })
    const browser = await arrive(site, person)
    await Promise.all(Array.from({ length: 6 }, () => browser.get(`${profile}?secret=1`)))
    await browser.get(profile)
    const events = async () =>
      (await sql("select details from audit_events where event = 'policy_blocked' and user_id = $1", person.id)).rows
    expect(await events()).toEqual([{ details: { path: profile } }])
    expect(emitted).toEqual([profile])
    site.clock.advance(15 * 60)
    await browser.get(profile)
    expect(await events()).toHaveLength(2)
    stop()
  })

  it('sees who can help if enrolment is by invitation, without a redirect loop', async () => {
    const invited = await openSite({ OTP_ENROLMENT: 'invite' })
    const browser = await arrive(invited, await createTestUser(invited, { app: false }))
    const page = await browser.get(profile)
    expect(page).toMatchObject({ status: 403, code: 'enrolment_required' })
    expect(page.text).toContain('Ask an administrator')
    expect(page.text).not.toContain('<div class="due"')
    const program = await asApiClient(browser).get(profile)
    expect(JSON.parse(program.text).error).not.toHaveProperty('enrolmentUrl')
    expect((await browser.get('/account/logout')).status).toBe(200)
  })
})

describe('a group', () => {
  let site: TestSite
  beforeAll(async () => void (site = await openSite({ OTP_POLICY: 'off', BASE_URL: 'http://localhost:0' })))

  it('applies to its members and nobody else', async () => {
    const [member, other] = [await createTestUser(site, { app: false }), await createTestUser(site, { app: false })]
    await addToNewGroup(site.database, [member.id], { otpPolicy: 'everyone' })
    expect((await (await arrive(site, member)).get(profile)).location).toBe(setUpFor(profile))
    expect((await (await arrive(site, other)).get(profile)).status).toBe(200)
  })

  it('exempts its members if its policy says so', async () => {
    const everyone = await openSite({ OTP_POLICY: 'everyone' })
    const member = await createTestUser(everyone, { app: false })
    await addToNewGroup(everyone.database, [member.id], { otpPolicy: 'off' })
    expect((await (await arrive(everyone, member)).get(profile)).status).toBe(200)
  })

  it('with its own grace period counts its own days', async () => {
    const member = await createTestUser(site, { app: false })
    await addToNewGroup(site.database, [member.id], { otpPolicy: 'staff', graceDays: 5 })
    expect(daysIn((await (await arrive(site, member)).get(profile)).text)).toBe('5')
  })

  it('that requires security keys redirects a user with an app to adding a key, and offers nothing else', async () => {
    const member = await createTestUser(site)
    await addToNewGroup(site.database, [member.id], { otpPolicy: 'staff', kinds: ['webauthn'] })
    const browser = await signIn(site, member)
    expect(await browser.get('/admin')).toMatchObject({ status: 302, location: setUpFor('/admin') })
    expect((await browser.get('/admin/api/dashboard')).code).toBe('enrolment_required')
    const choice = await browser.get(`${setUp}?step=method`)
    expect([...choice.text.matchAll(/name="method" value="(\w+)"/g)].map(([, name]) => name)).toEqual(['webauthn'])
    expect(choice.text).toContain('Security key')
    expect((await browser.post(setUp, { method: 'totp' })).code).toBe('method_not_offered')
    expect((await browser.get('/account/two-factor/security-keys/add')).status).toBe(200)
  })

  it('that requires security keys asks a user who has one for it, and accepts no other token', async () => {
    const member = await createTestUser(site)
    await addToNewGroup(site.database, [member.id], { otpPolicy: 'staff', kinds: ['webauthn'] })
    await addSoftwareKey(site.otp, member.id)
    const browser = await signIn(site, member)
    const led = await browser.get('/admin')
    expect(led.location).toBe('/account/verify?next=%2Fadmin&kinds=webauthn')
    site.clock.advance(30)
    await browser.post(led.location ?? '', {
      next: '/admin',
      otp_device: member.app?.persistentId ?? '',
      otp_token: member.code(),
    })
    expect((await browser.get('/admin')).status).toBe(302)
    const program = await browser.get('/admin/api/dashboard')
    expect(JSON.parse(program.text).error).toMatchObject({
      code: 'step_up_required',
      missing: { reason: 'not_verified', kinds: ['webauthn'] },
    })
  })

  it('lets a member work during its grace period, and counts down in the panel, too', async () => {
    const member = await createTestUser(site)
    await addToNewGroup(site.database, [member.id], { otpPolicy: 'staff', kinds: ['webauthn'], graceDays: 7 })
    const { status, text } = await (await signIn(site, member)).get('/admin')
    expect(status).toBe(200)
    const session = JSON.parse(/id="panel-user">([^<]*)</.exec(text)?.[1] ?? '{}')
    expect(session.due.text).toMatch(/7 days left.*Security key/)
  })
})

describe('the last accepted device', () => {
  let site: TestSite
  beforeAll(async () => void (site = await openSite({ BASE_URL: 'http://localhost:0' })))

  it('cannot be removed while no other device is accepted, and can once a second one is', async () => {
    const member = await createTestUser(site, { backupTokens: 1 })
    await addToNewGroup(site.database, [member.id], { kinds: ['totp', 'webauthn'] })
    const phone = await addPhone(site.otp, member.id)
    const browser = await signIn(site, member)
    const remove = (id: string) => browser.post(`${profile}/devices/${id}/remove`)
    expect(await remove(member.app?.persistentId ?? '')).toMatchObject({ status: 422, code: 'policy' })
    expect((await remove(phone.persistentId)).status).toBe(303)
    await addSoftwareKey(site.otp, member.id)
    expect((await remove(member.app?.persistentId ?? '')).status).toBe(303)
  })

  it('cannot be removed by turning two-factor authentication off if a group requires it', async () => {
    const member = await createTestUser(site, { staff: false })
    await addToNewGroup(site.database, [member.id], { otpPolicy: 'everyone' })
    const browser = await signIn(site, member)
    expect(await browser.post(`${profile}/disable`, { confirm: 'yes' })).toMatchObject({ status: 422, code: 'policy' })
  })
})

describe('a route of the host', () => {
  const folder = temporaryFolder()
  let site: TestSite
  beforeAll(async () => {
    writeFileSync(`${folder}/report.html`, 'Reports')
    site = await openHostSite((host) => {
      host.get('/reports', (_req, res) => void res.send('Reports'))
      host.get('/account/login/reports', (_req, res) => void res.send('Reports'))
      host.use(express.static(folder))
    })
  })
  afterAll(async () => {
    await site.close()
    rmSync(folder, { recursive: true })
  })

  it('is closed by the policy without a guard of its own, and open to anonymous requests', async () => {
    expect((await site.browser().get('/reports')).status).toBe(200)
    const browser = await arrive(site, await createTestUser(site, { app: false }))
    expect((await browser.get('/reports')).location).toBe(setUpFor('/reports'))
    expect(JSON.parse((await asApiClient(browser).get('/reports')).text)).toEqual({
      error: {
        code: 'enrolment_required',
        message: expect.stringContaining('second factor'),
        enrolmentUrl: setUpFor('/reports'),
      },
    })
    await enrol(site, browser)
    expect((await browser.get('/reports')).text).toBe('Reports')
  })

  it.each([
    '/account/login/..%2f..%2freport.html',
    '/account/two-factor/setup/..%2f..%2f..%2freport.html',
    '/account/two-factor/phones/add/..%2f..%2f..%2f..%2freport.html',
    '/account/login/reports',
  ])('is closed if its path begins like an open one of the site: %s', async (address) => {
    expect((await site.browser().get(address)).text).toBe('Reports')
    const browser = await arrive(site, await createTestUser(site, { app: false }))
    expect(await browser.get(address)).toMatchObject({ status: 302, location: setUpFor(address) })
  })
})
