import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startHostSite, type HostSite } from '../embedding/host/start-host-site.js'
import { openPage, useChromium } from '../support/chromium.js'
import { faultsOf } from '../support/looks.js'
import { createTestUser, type TestUser, signIn } from '../support/site.js'

let shop: HostSite
let person: TestUser

beforeAll(async () => {
  shop = await startHostSite({ requirements: { 'orders.delete': { maxAge: 300 } } })
  person = await createTestUser(shop, { name: 'Katherine Johnson' })
})
afterAll(() => shop?.close())
const chromium = useChromium()

const signedIn = async () => ({ browser: await signIn(shop, person), baseUrl: shop.baseUrl })

describe('the host application in a browser', () => {
  it('goes from its page to a changed, called and deleted record without a console error', async () => {
    const { page, complaints, context } = await openPage(chromium(), { signedIn: await signedIn() })
    await page.goto(`${shop.baseUrl}/admin/pages/greeting`)
    await page.getByText(`Good day, ${person.email}`).waitFor()

    await page.goto(`${shop.baseUrl}/admin/resources/orders/actions/new`)
    await page.getByLabel('Title').fill('Twelve eggs')
    await page.getByLabel('Amount').fill('12')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByTestId('action-upload').click()
    await page.getByRole('heading', { name: 'Greeting' }).waitFor()
    await page.goBack()
    await page.getByText('Twelve eggs').click()

    await page.getByTestId('action-comment').click()
    await page.getByRole('heading', { name: 'Greeting' }).waitFor()
    await page.goBack()
    await page.getByTestId('action-refund').click()
    await expect
      .poll(() => shop.calls)
      .toEqual(['comment get', 'refund post'].map((call) => `${call} ${person.email} false`))

    shop.clock.advance(301)
    await page.getByTestId('action-delete').click()
    await page.getByText('Do you really want to remove this item?').waitFor()
    await page.getByRole('button', { name: 'Confirm' }).click()
    await page.getByLabel('Code').fill(person.code())
    await page.getByRole('dialog').getByRole('button', { name: 'Confirm' }).click()
    await expect.poll(() => shop.Order.count()).toBe(0)
    expect(complaints.filter((complaint) => !complaint.includes('403'))).toEqual([])
    await context.close()
  })

  it('has no accessibility problem in any look', async () => {
    await shop.Order.create({ title: 'A loaf of bread', amount: 1 })
    const { page, complaints, context } = await openPage(chromium(), { signedIn: await signedIn() })
    for (const address of ['resources/orders', 'resources/orders/actions/new', 'pages/greeting']) {
      await page.goto(`${shop.baseUrl}/admin/${address}`)
      await page
        .getByText(/A loaf of bread|Good day|Save/)
        .first()
        .waitFor()
      expect({ address, found: await faultsOf(page) }).toEqual({ address, found: [] })
    }
    expect(complaints).toEqual([])
    await context.close()
  })
})
