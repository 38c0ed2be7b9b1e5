import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { openPage, useChromium } from '../support/chromium.js'
import { faultsOf } from '../support/looks.js'
import { useSite } from '../support/journey.js'
import { createTestUser, type TestUser, signIn } from '../support/site.js'

const site = useSite({ TRUST_BROWSER_DAYS: '30' })
const chromium = useChromium()

const BOX = "Don't ask again in this browser for 30 days"

const typePassword = async (page: Page, { email, password }: TestUser) => {
  await page.goto(`${site().baseUrl}/account/login`)
  await page.getByLabel('Email address').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.keyboard.press('Enter')
}

describe('a trusted browser', () => {
  it('is added, signs in with the password alone, and is revoked, with the keyboard and without scripts', async () => {
    const person = await createTestUser(site(), { staff: false })
    const { page, complaints } = await openPage(chromium(), { scripts: false })
    await typePassword(page, person)
    expect(await page.getByLabel(BOX).isChecked()).toBe(false)
    // Browsers set the focus with the first picture of a page, not with its last tag.
    await page.locator('input[name=otp_token]:focus').waitFor()
    await page.keyboard.type(person.code())
    await page.keyboard.press('Tab')
    await page.keyboard.press('Space')
    expect(await page.getByLabel(BOX).isChecked()).toBe(true)
    await page.keyboard.press('Enter')
    await page.waitForURL('**/account/two-factor')

    await page.getByRole('button', { name: 'Sign out', exact: true }).click()
    await typePassword(page, person)
    await page.waitForURL('**/account/two-factor')
    await page.getByRole('button', { name: /^Remove Chrom/ }).focus()
    await page.keyboard.press('Enter')
    await page.waitForURL('**/account/login**')
    expect(await page.getByLabel(BOX).count()).toBe(1)
    expect(complaints).toEqual([])
  })
})

/** Every page that shows anything about trusted browsers. */
const views: Record<string, (page: Page) => Promise<void>> = {
  'the token step': async (page) => {
    await typePassword(page, await createTestUser(site(), { backupTokens: 1 }))
    await page.getByLabel(BOX).waitFor()
  },
  'the token step after a wrong code': async (page) => {
    await typePassword(page, await createTestUser(site()))
    await page.getByLabel(BOX).check()
    await page.getByLabel('Code', { exact: true }).fill('000000')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').waitFor()
    expect(await page.getByLabel(BOX).isChecked()).toBe(true)
  },
  'the end of set-up': async (page) => {
    const person = await createTestUser(site())
    const { cookies } = await signIn(site(), person)
    await page.context().addCookies([...cookies].map(([name, value]) => ({ name, value, url: site().baseUrl })))
    await page.goto(`${site().baseUrl}/account/two-factor/setup/complete`)
    await page.getByLabel(BOX).waitFor()
  },
  'the profile': async (page) => {
    const person = await createTestUser(site())
    for (const browser of [site().browser(), site().browser()]) {
      await signIn(site(), person, browser)
      await browser.post('/account/two-factor/browsers/trust', { trust_browser: 'on' })
      await page
        .context()
        .addCookies([...browser.cookies].map(([name, value]) => ({ name, value, url: site().baseUrl })))
    }
    await page.goto(`${site().baseUrl}/account/two-factor`)
    await page.getByRole('heading', { name: 'Trusted browsers' }).scrollIntoViewIfNeeded()
  },
  'a person in the panel': async (page) => {
    const [boss, person] = [await createTestUser(site(), { superuser: true }), await createTestUser(site())]
    const browser = await signIn(site(), person)
    await browser.post('/account/two-factor/browsers/trust', { trust_browser: 'on' })
    const { cookies } = await signIn(site(), boss)
    await page.context().addCookies([...cookies].map(([name, value]) => ({ name, value, url: site().baseUrl })))
    await page.goto(`${site().baseUrl}/admin/resources/users/records/${person.id}/show`)
    await page.getByRole('link', { name: 'Firefox 139 on Linux' }).waitFor()
  },
}

describe('a page that shows trusted browsers', () => {
  it.each(Object.keys(views))('fits in every look and has no problem that axe finds: %s', async (view) => {
    const { page, context, complaints } = await openPage(chromium())
    await views[view]?.(page)
    expect(await faultsOf(page)).toEqual([])
    expect(complaints.filter((text) => !text.includes('422'))).toEqual([])
    await context.close()
  })
})
