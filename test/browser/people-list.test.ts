import { mkdirSync } from 'node:fs'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { packageRoot } from '../../src/package-root.js'
import { accessibilityViolations, expectNoSidewaysScroll, openPage, settled, useChromium } from '../support/chromium.js'
import { giveDevice } from '../support/device-states.js'
import { useSite } from '../support/journey.js'
import { createTestUser, signIn } from '../support/site.js'

const screenshots = path.join(packageRoot, 'screenshots')

const site = useSite()
const chromium = useChromium()

beforeAll(async () => {
  mkdirSync(screenshots, { recursive: true })
  await createTestUser(site(), { name: 'Nobody Protects', app: false })
  await createTestUser(site(), { name: 'Only Tokens', app: false, backupTokens: 1 })
  const weak = await createTestUser(site(), { name: 'Only Phone', app: false })
  await giveDevice(site().otp, weak.id, 'phone', 'active')
  await createTestUser(site(), { name: 'Long Gone', active: false })
})

const namesIn = (page: Page) => page.locator('.person-name bdi').allInnerTexts()

describe.each([
  { width: 1280, dark: false },
  { width: 390, dark: true },
])('the list of people, $width pixels wide, dark: $dark', ({ width, dark }) => {
  it('shows who is protected and leads to those who are not, with the keyboard', async () => {
    const administrator = await createTestUser(site(), { name: 'Barbara Liskov' })
    const signedIn = { browser: await signIn(site(), administrator), baseUrl: site().baseUrl }
    const { page, complaints, context } = await openPage(chromium(), { width, dark, signedIn })
    const tab = (name: RegExp) => page.getByRole('navigation', { name: 'People by state' }).getByRole('link', { name })
    await page.goto(`${site().baseUrl}/admin/resources/users`)
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
