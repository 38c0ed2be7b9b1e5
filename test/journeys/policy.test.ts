import { rmSync, writeFileSync } from 'node:fs'
import express from 'express'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asApiClient, openHostSite } from '../auth/host-site.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { createTestUser, type TestSite, type TestUserTraits } from '../support/site.js'
import { arrive, daysIn, enrol, policySites, PROFILE, SETUP, setupFor } from '../support/policy-sites.js'

const DAY = 24 * 3600
const { openSite, sql } = policySites()

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
        const page = await browser.get(PROFILE)
        const program = await asApiClient(browser).get(PROFILE)
        const led = page.location === setupFor(PROFILE) ? `${page.status} to the set-up` : String(page.status)
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
    expect(daysIn((await (await arrive(site, person)).get(PROFILE)).text)).toBe('13')
    pass(12 * DAY)
    const last = await arrive(site, person)
    expect(daysIn((await last.get('/account/logout')).text)).toBe('1')
    pass(DAY - 1)
    const after = await arrive(site, person)
    expect(await after.get(PROFILE)).toMatchObject({ status: 302, location: setupFor(PROFILE) })
  })

  it('applies at once to existing sessions if it is shortened', async () => {
    const person = await bare()
    await (await arrive(site, person)).get(PROFILE)
    pass(4 * DAY)
    const browser = await arrive(site, person)
    expect((await browser.get(PROFILE)).status).toBe(200)
    expect(await atShorter(browser).get(PROFILE)).toMatchObject({ status: 302, location: setupFor(PROFILE) })
    expect((await asApiClient(atShorter(browser)).get(PROFILE)).code).toBe('enrolment_required')
    expect((await browser.get(PROFILE)).status).toBe(200)
  })

  it('does not start again after a device was enrolled and removed', async () => {
    const person = await bare()
    const browser = await arrive(site, person)
    await browser.get(PROFILE)
    await enrol(site, browser)
    expect(daysIn((await browser.get(PROFILE)).text)).toBeNull()
    pass(15 * DAY)
    await sql('delete from totp_devices where user_id = $1', person.id)
    await sql('delete from static_devices where user_id = $1', person.id)
    expect((await (await arrive(site, person)).get(PROFILE)).location).toBe(setupFor(PROFILE))
  })

  it('lets a user postpone the setup until it has ended', async () => {
    const person = await bare()
    const link = async (next: string) =>
      /href="([^"]+)">Not now</.exec((await (await arrive(site, person)).get(`${SETUP}?next=${next}`)).text)?.[1]
    expect(await link('/account/language')).toBe('/account/language')
    expect(await link('/admin/resources/users')).toBe(PROFILE)
    pass(14 * DAY)
    expect(await link('/account/language')).toBeUndefined()
  })

  it('starts again after the policy had no longer applied to the user', async () => {
    const person = await bare()
    await (await arrive(site, person)).get(PROFILE)
    pass(15 * DAY)
    await sql('update users set is_staff = false where id = $1', person.id)
    expect((await (await arrive(site, person)).get(PROFILE)).status).toBe(200)
    await sql('update users set is_staff = true where id = $1', person.id)
    expect(daysIn((await (await arrive(site, person)).get(PROFILE)).text)).toBe('14')
  })
})

describe('a user whom the policy redirects to the setup', () => {
  let site: TestSite
  beforeAll(async () => void (site = await openSite({})))

  it('sets up a device, sees the backup tokens, and returns to the requested page', async () => {
    const browser = await arrive(site, await createTestUser(site, { app: false }))
    expect((await browser.get(`${PROFILE}/sessions`)).location).toBe(setupFor(`${PROFILE}/sessions`))
    await enrol(site, browser)
    expect((await browser.get(`${SETUP}/complete?next=${PROFILE}/sessions`)).text).toMatch(
      /<code>[A-Z2-7-]{19}<\/code>/,
    )
    expect((await browser.get(`${PROFILE}/sessions`)).status).toBe(200)
  })

  it.each(['/account/logout', '/account/language', SETUP, '/account/two-factor/phones/add', '/healthz', '/readyz'])(
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
    expect(answer).toMatchObject({ status: 302, location: SETUP })
  })

  it('gets the same from the panel as any user who is not verified', async () => {
    const browser = await arrive(site, await createTestUser(site, { app: false }))
    expect((await browser.get('/admin/api/dashboard')).code).toBe('not_verified')
    const panel = await browser.get('/admin')
    expect(panel.location).toBe('/account/login?next=%2Fadmin')
    expect((await browser.get(panel.location ?? '')).location).toBe(setupFor('/admin'))
  })

  it('is recorded and reported once in a quarter of an hour, for any number of concurrent requests', async () => {
    const emitted: string[] = []
    const stop = site.otp.events.on('policyBlocked', ({ path }) => void emitted.push(path))
    const person = await createTestUser(site, { app: false })
    const browser = await arrive(site, person)
    await Promise.all(Array.from({ length: 6 }, () => browser.get(`${PROFILE}?secret=1`)))
    await browser.get(PROFILE)
    const events = async () =>
      (await sql("select details from audit_events where event = 'policy_blocked' and user_id = $1", person.id)).rows
    expect(await events()).toEqual([{ details: { path: PROFILE } }])
    expect(emitted).toEqual([PROFILE])
    site.clock.advance(15 * 60)
    await browser.get(PROFILE)
    expect(await events()).toHaveLength(2)
    stop()
  })

  it('sees who can help if enrolment is by invitation, without a redirect loop', async () => {
    const invited = await openSite({ OTP_ENROLMENT: 'invite' })
    const browser = await arrive(invited, await createTestUser(invited, { app: false }))
    const page = await browser.get(PROFILE)
    expect(page).toMatchObject({ status: 403, code: 'enrolment_required' })
    expect(page.text).toContain('Ask an administrator')
    expect(page.text).not.toContain('<div class="due"')
    const program = await asApiClient(browser).get(PROFILE)
    expect(JSON.parse(program.text).error).not.toHaveProperty('enrolmentUrl')
    expect((await browser.get('/account/logout')).status).toBe(200)
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
    expect((await browser.get('/reports')).location).toBe(setupFor('/reports'))
    expect(JSON.parse((await asApiClient(browser).get('/reports')).text)).toEqual({
      error: {
        code: 'enrolment_required',
        message: expect.stringContaining('second factor'),
        enrolmentUrl: setupFor('/reports'),
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
    expect(await browser.get(address)).toMatchObject({ status: 302, location: setupFor(address) })
  })
})
