import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type HostSite, startHostSite } from '../embedding/host/start-host-site.js'
import { accessibilityViolations, expectNoSidewaysScroll, openPage, useChromium } from '../support/chromium.js'
import { createTestUser, type TestUser, signIn } from '../support/site.js'

let shop: HostSite
let person: TestUser

const comesWithRows = { actionType: 'bulk', component: false, handler: () => Promise.resolve({}) } as const

beforeAll(async () => {
  shop = await startHostSite({
    options: ({ Order }) => ({
      resources: [
        {
          resource: Order,
          options: { actions: { archive: comesWithRows, printLabels: comesWithRows, sendToWarehouse: comesWithRows } },
        },
      ],
    }),
  })
  person = await createTestUser(shop, { name: 'Katherine Johnson' })
  await shop.Order.bulkCreate(Array.from({ length: 12 }, (_, at) => ({ title: `A loaf of bread ${at}`, amount: at })))
})
afterAll(() => shop?.close())
const chromium = useChromium()

/** What can be clicked or read above and in a list. If two parts overlap, both are named. */
const overlaps = `(() => {
  const parts = [...document.querySelectorAll(
    '.top-bar, .record-path, .record-line h2, .record-actions > *, caption, thead, tbody tr, [data-css$="-notice-box"] > *',
  )].filter((part) => part.checkVisibility())
  const boxes = parts.map((part) => ({ part, box: part.getBoundingClientRect() })).filter(({ box }) => box.width * box.height > 0)
  const name = ({ part }) => part.tagName + ' ' + part.className + ' ' + part.textContent.trim().slice(0, 40)
  return boxes.flatMap((a, at) => boxes.slice(at + 1).filter((b) =>
    !a.part.contains(b.part) && !b.part.contains(a.part) &&
    Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left) > 1 &&
    Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top) > 1,
  ).map((b) => name(a) + ' / ' + name(b)))
})()`

const expectNothingCovered = async (page: Page) => expect(await page.evaluate<string[]>(overlaps)).toEqual([])

const looks = [1280, 390].flatMap((width) => [false, true].map((dark) => ({ width, dark })))

// One browser opens three lists.
describe('a list', { timeout: 60_000 }, () => {
  it.each(looks)('has no part that covers another one, $width wide, dark: $dark', async ({ width, dark }) => {
    const signedIn = { browser: await signIn(shop, person), baseUrl: shop.baseUrl }
    const { page, context } = await openPage(chromium(), { width, dark, signedIn })
    for (const list of ['orders', 'users', 'audit_events']) {
      await page.goto(`${shop.baseUrl}/admin/resources/${list}`)
      await page.locator('tbody tr').first().waitFor()
      await expectNothingCovered(page)
      const boxes = page.locator('tbody .adminjs_Checkbox')
      if (list === 'orders') {
        await boxes.nth(0).click()
        await boxes.nth(1).click()
        await page.getByText('Selected (2)').waitFor()
      }
      await expectNothingCovered(page)
      expect(await accessibilityViolations(page)).toEqual([])
      await page.getByTestId('action-filter').click()
      await page.getByRole('button', { name: /^Apply/ }).click({ trial: true })
      await expectNoSidewaysScroll(page)
    }
    await context.close()
  })
})
