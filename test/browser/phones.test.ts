import { mkdirSync } from 'node:fs'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { packageRoot } from '../../src/package-root.js'
import { accessibilityViolations, expectNoSidewaysScroll, openPage, useChromium } from '../support/chromium.js'
import { useDeliveries } from '../support/deliveries.js'
import { useSite } from '../support/journey.js'
import { createTestUser, signIn } from '../support/site.js'

const screenshots = path.join(packageRoot, 'screenshots')

const site = useSite({ OTP_EMAIL: 'true' })
const deliveries = useDeliveries(site)
const chromium = useChromium()
beforeAll(() => void mkdirSync(screenshots, { recursive: true }))

describe.each([
  { width: 1280, dark: false, number: '+41524240010' },
  { width: 390, dark: true, number: '+41524240020' },
  { width: 390, dark: false, number: '+41524240030' },
  { width: 1280, dark: true, number: '+41524240040' },
])('$width pixels wide, dark: $dark', ({ width, dark, number }) => {
  const look = async (page: Page, name: string) => {
    await page.screenshot({ path: path.join(screenshots, `${name}-${width}-${dark ? 'dark' : 'light'}.png`) })
    expect(await accessibilityViolations(page)).toEqual([])
    await expectNoSidewaysScroll(page)
  }
  const open = async (address: string) => {
    const browser = await signIn(site(), await createTestUser(site()))
    const opened = await openPage(chromium(), { width, dark, signedIn: { browser, baseUrl: site().baseUrl } })
    await opened.page.goto(site().baseUrl + address)
    return opened
  }

  it('adds a phone with the code sent to it, and no page on the way has a problem', async () => {
    const { page, context, complaints } = await open('/account/two-factor/phones/add')
    await look(page, 'phone-number')
    await page.getByLabel('Phone number').fill('12')
    await page.getByRole('button', { name: 'Send a code' }).click()
    await page.getByRole('alert').waitFor()
    await look(page, 'phone-number-refused')
    await page.getByLabel('Phone number').fill(number)
    await page.getByLabel('By phone call').check()
    await page.getByRole('button', { name: 'Send a code' }).click()
    await page.getByText("We're calling").waitFor()
    await look(page, 'phone-code')
    await page.getByRole('button', { name: 'Call again' }).click()
    await page.getByRole('alert').waitFor()
    await look(page, 'phone-code-refused')
    const digits = deliveries().texts(number).at(-1)?.match(/^\d$/gm) ?? []
    await page.getByLabel('Code', { exact: true }).fill(digits.slice(0, 6).join(''))
    await page.getByRole('button', { name: 'Add this phone' }).click()
    await page.waitForURL('**/setup/complete')
    await context.close()
    expect(complaints.filter((complaint) => !/status of 4(22|29)/.test(complaint))).toEqual([])
  })

  it('adds email in the same way', async () => {
    const { page, context, complaints } = await open('/account/two-factor/email/add')
    await look(page, 'email-ask')
    const address = (await page.getByText("We'll send a code to").innerText()).split(' ')[5]?.replace(/\.$/, '') ?? ''
    await page.getByRole('button', { name: 'Send a code' }).click()
    await page.getByText('We sent an email').waitFor()
    await look(page, 'email-code')
    await page.getByLabel('Code', { exact: true }).fill(deliveries().mailedCode(address))
    await page.getByRole('button', { name: 'Add this email address' }).click()
    await page.waitForURL('**/setup/complete')
    await context.close()
    expect(complaints).toEqual([])
  })
})
