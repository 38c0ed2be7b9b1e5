import { mkdirSync } from 'node:fs'
import path from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import { packageRoot } from '../../src/package-root.js'
import {
  accessibilityViolations,
  expectNoSidewaysScroll,
  launchBrowser,
  openPage,
  settled,
} from '../support/chromium.js'
import { openTestDatabase } from '../support/database.js'
import { giveDevice } from '../support/device-states.js'
import { createTestUser, signIn, startTestSite, type TestSite } from '../support/site.js'

const screenshots = path.join(packageRoot, 'screenshots')

let database: Database
let site: TestSite
let chromium: Browser

beforeAll(async () => {
  mkdirSync(screenshots, { recursive: true })
  database = await openTestDatabase()
  site = await startTestSite(database)
  chromium = await launchBrowser()
  await createTestUser(site, { name: 'Nobody Protects', app: false })
  await createTestUser(site, { name: 'Only Tokens', app: false, backupTokens: 1 })
  const weak = await createTestUser(site, { name: 'Only Phone', app: false })
  await giveDevice(site.otp, weak.id, 'phone', 'active')
  await createTestUser(site, { name: 'Long Gone', active: false })
})

afterAll(async () => {
  await chromium.close()
  await site.close()
  await database.close()
})

const namesIn = (page: Page) => page.locator('.person-name bdi').allInnerTexts()

describe.each([
  { width: 1280, dark: false },
  { width: 390, dark: true },
])('the list of people, $width pixels wide, dark: $dark', ({ width, dark }) => {
  it('shows who is protected and leads to those who are not, with the keyboard', async () => {
    const administrator = await createTestUser(site, { name: 'Barbara Liskov' })
    const signedIn = { browser: await signIn(site, administrator), baseUrl: site.baseUrl }
    const { page, complaints, context } = await openPage(chromium, { width, dark, signedIn })
    const tab = (name: RegExp) => page.getByRole('navigation', { name: 'People by state' }).getByRole('link', { name })
    await page.goto(`${site.baseUrl}/admin/resources/users`)
    await tab(/^Without second factor 1$/).waitFor()
    expect(await tab(/^All/).getAttribute('aria-current')).toBe('page')
    expect(await page.getByRole('row', { name: /Only Phone/ }).innerText()).toMatch(/Weak only\s+Phone/)
    expect(
      await page
        .getByRole('row', { name: /Barbara Liskov/ })
        .first()
        .innerText(),
    ).toContain('Authenticator app')
    await settled(page)
    await page.screenshot({ path: path.join(screenshots, `people-${width}-${dark ? 'dark' : 'light'}.png`) })
    await expectNoSidewaysScroll(page)
    expect(await accessibilityViolations(page)).toEqual([])

    for (const [link, name] of [
      [/^Without second factor/, 'Nobody Protects'],
      [/^Backup tokens only 1$/, 'Only Tokens'],
      [/^Weak only 1$/, 'Only Phone'],
      [/^Deactivated 1$/, 'Long Gone'],
    ] as const) {
      await tab(link).focus()
      await page.keyboard.press('Enter')
      await expect.poll(() => namesIn(page)).toEqual([name])
      expect(await tab(link).getAttribute('aria-current')).toBe('page')
    }
    expect(complaints).toEqual([])
    await context.close()
  })
})
