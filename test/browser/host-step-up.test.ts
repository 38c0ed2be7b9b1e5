import { mkdirSync } from 'node:fs'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { languages } from '../../src/i18n/translator.js'
import { packageRoot } from '../../src/package-root.js'
import { readTexts } from '../i18n/read-texts.js'
import { type HostSite, startHostSite } from '../embedding/host/start-host-site.js'
import { accessibilityViolations, expectNoSidewaysScroll, openPage, useChromium } from '../support/chromium.js'
import { createTestUser, type TestUser, signIn } from '../support/site.js'

const screenshots = path.join(packageRoot, 'screenshots')
let shop: HostSite
let person: TestUser
let order: string

beforeAll(async () => {
  mkdirSync(screenshots, { recursive: true })
  shop = await startHostSite({ requirements: { 'orders.refund': { maxAge: 30 } } })
  order = String((await shop.Order.create({ title: 'Twelve eggs', amount: 12 })).get('id'))
  person = await createTestUser(shop, { superuser: true, backupTokens: 2 })
})
afterAll(() => shop?.close())
const chromium = useChromium()

/** The page of an order, and the dialog that opens when it is refunded. */
async function askToRefund(page: Page): Promise<void> {
  await page.goto(`${shop.baseUrl}/admin/resources/orders/records/${order}/show`)
  const refund = page.getByRole('link', { name: 'Refund' }).or(page.getByRole('button', { name: 'Refund' }))
  await refund.first().waitFor()
  shop.clock.advance(31)
  await refund.first().click()
  await page.getByRole('dialog').waitFor()
}

describe('the step-up dialog before an action of the host', { timeout: 120_000 }, () => {
  it('says in every language that the action needs a code, and not how people sign in', async () => {
    const signedIn = { browser: await signIn(shop, person), baseUrl: shop.baseUrl }
    const { page, context } = await openPage(chromium(), { signedIn })
    for (const language of languages) {
      await page.setExtraHTTPHeaders({ 'Accept-Language': language })
      await askToRefund(page)
      const texts = readTexts(language)
      const dialog = page.getByRole('dialog')
      const said = (await dialog.locator('p').first().textContent()) ?? ''
      expect([language, said]).toEqual([language, texts.get('panel:adminjs.components.StepUpDialog.why_host')])
      expect(await dialog.textContent()).not.toContain(texts.get('panel:adminjs.components.StepUpDialog.why'))
    }
    await context.close()
  })

  it.each([
    { width: 1280, dark: false },
    { width: 390, dark: true },
  ])('can be used with the keyboard alone, $width wide, dark: $dark', async ({ width, dark }) => {
    shop.calls.length = 0
    const signedIn = { browser: await signIn(shop, person), baseUrl: shop.baseUrl }
    const { page, context } = await openPage(chromium(), { width, dark, signedIn })
    await askToRefund(page)
    expect(await accessibilityViolations(page)).toEqual([])
    await expectNoSidewaysScroll(page)
    await page.screenshot({ path: path.join(screenshots, `host-step-up-${width}.png`) })
    await page.getByRole('dialog').locator('input:focus').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(shop.calls).toEqual([])
    await askToRefund(page)
    await page.getByRole('dialog').locator('input:focus').waitFor()
    await page.keyboard.type(person.code())
    await page.keyboard.press('Enter')
    await expect.poll(() => shop.calls.length).toBe(1)
    expect(await page.getByRole('dialog').count()).toBe(0)
    await context.close()
  })
})
