import { mkdirSync } from 'node:fs'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { packageRoot } from '../../src/package-root.js'
import { accessibilityViolations, expectNoSidewaysScroll, openPage, settled, useChromium } from '../support/chromium.js'
import { addToNewGroup } from '../support/groups.js'
import { policySites } from '../support/policy-sites.js'
import { createTestUser, signIn, type TestSite, type TestUserTraits } from '../support/site.js'

const screenshots = path.join(packageRoot, 'screenshots')

const { openSite, sql } = policySites()
let graced: TestSite
let invited: TestSite
beforeAll(async () => {
  mkdirSync(screenshots, { recursive: true })
  graced = await openSite({ OTP_GRACE_DAYS: '14', BASE_URL: 'http://localhost:0' })
  invited = await openSite({ OTP_ENROLMENT: 'invite' })
})
const chromium = useChromium()

describe.each([
  { width: 1280, dark: false },
  { width: 1280, dark: true },
  { width: 390, dark: false },
  { width: 390, dark: true },
])('$width pixels wide, dark: $dark', ({ width, dark }) => {
  const look = async (page: Page, name: string) => {
    await page.screenshot({ path: path.join(screenshots, `policy-${name}-${width}-${dark ? 'dark' : 'light'}.png`) })
    expect(await accessibilityViolations(page)).toEqual([])
    await expectNoSidewaysScroll(page)
  }
  const visit = async (site: TestSite, address: string, traits: TestUserTraits, kinds: string[] | null = null) => {
    const person = await createTestUser(site, traits)
    if (kinds) await addToNewGroup(site.database, [person.id], { otpPolicy: 'staff', kinds, graceDays: 3 })
    const browser = await signIn(site, person)
    const watched = await openPage(chromium(), { width, dark, signedIn: { browser, baseUrl: site.baseUrl } })
    await watched.page.goto(site.baseUrl + address)
    return watched
  }

  it('counts down in the banner of a page, announces it politely, and links to the setup by keyboard', async () => {
    const { page, complaints, context } = await visit(graced, '/account/two-factor', { app: false })
    const banner = page.getByRole('status').filter({ hasText: '14 days left' })
    await banner.waitFor()
    await look(page, 'banner')
    await banner.getByRole('link', { name: 'Set up now' }).waitFor()
    for (let presses = 0; presses < 10 && (await page.locator('.due a:focus').count()) === 0; presses += 1)
      await page.keyboard.press('Tab')
    await Promise.all([page.waitForURL('**/account/two-factor/setup'), page.keyboard.press('Enter')])
    expect(complaints).toEqual([])
    await context.close()
  })

  it('shows the banner in the panel as well, and names the accepted kinds', async () => {
    const { page, complaints, context } = await visit(graced, '/admin', {}, ['webauthn'])
    const banner = page.getByRole('status').filter({ hasText: '3 days left' })
    await banner.waitFor()
    expect(await banner.innerText()).toContain('Security key')
    await settled(page)
    await look(page, 'panel')
    expect(complaints).toEqual([])
    await context.close()
  })

  it('says after the grace period what is required, and offers only that', async () => {
    const { page, context } = await visit(graced, '/admin', {}, ['webauthn'])
    await page.getByText('3 days left').waitFor()
    // A call of the panel that is answered after the change would redirect there too, and end the visit of the next line.
    await settled(page)
    await sql('update groups set grace_days = 0 where kinds is not null')
    await page.goto(`${graced.baseUrl}/admin`)
    await page.waitForURL(`${graced.baseUrl}/account/two-factor/setup?next=%2Fadmin`)
    await look(page, 'blocked')
    await page.goto(`${graced.baseUrl}/account/two-factor/setup?step=method`)
    expect(await page.getByRole('radio').count()).toBe(1)
    await look(page, 'blocked-method')
    await context.close()
  })

  it('shows rejected codes on pages and in the panel until the person has answered', async () => {
    const person = await createTestUser(graced)
    await signIn(graced, person)
    graced.clock.advance(60)
    const thief = graced.browser('Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0')
    await thief.post('/account/login', { username: person.email, password: person.password, otp_token: '000000' })
    graced.clock.advance(30)
    const browser = await signIn(graced, person)
    const { page, complaints, context } = await openPage(chromium(), {
      width,
      dark,
      signedIn: { browser, baseUrl: graced.baseUrl },
    })
    await page.goto(`${graced.baseUrl}/account/two-factor`)
    await page.getByRole('status').filter({ hasText: '1 code was rejected' }).waitFor()
    await look(page, 'refused')
    await page.goto(`${graced.baseUrl}/admin`)
    await page.getByRole('status').filter({ hasText: '1 code was rejected' }).waitFor()
    await settled(page)
    await look(page, 'refused-panel')
    await page.getByRole('button', { name: 'That was me', exact: true }).click()
    await page.waitForURL('**/account/two-factor')
    expect(await page.getByText('was rejected').count()).toBe(0)
    expect(complaints).toEqual([])
    await context.close()
  })

  it('names who can help if enrolment is by invitation', async () => {
    const { page, context } = await visit(invited, '/account/two-factor', { app: false })
    expect(await page.getByRole('alert').getAttribute('data-code')).toBe('enrolment_required')
    await look(page, 'invited')
    await context.close()
  })
})
