import { hex } from '@scure/base'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { generateHotp } from '../../src/otp/tokens/oath.js'
import { openPage, useChromium } from '../support/chromium.js'
import { codeIn, useDeliveries } from '../support/deliveries.js'
import { useSite } from '../support/journey.js'
import { createTestUser, type TestUser } from '../support/site.js'

const site = useSite({ OTP_EMAIL: 'true' })
const deliveries = useDeliveries(site)
const chromium = useChromium()

// Authenticator apps and security keys have their own browser tests.
describe('enrolment and a later sign-in without scripts', () => {
  const givePassword = async (page: Page, person: TestUser) => {
    await page.goto(`${site().baseUrl}/account/login`)
    await page.fill('#username', person.email)
    await page.fill('#password', person.password)
    await page.getByRole('button', { name: 'Continue' }).click()
  }
  const signOut = async (page: Page) => {
    await page.goto(`${site().baseUrl}/account/logout`)
    await page.locator('main').getByRole('button', { name: 'Sign out' }).click()
    await page.waitForURL('**/account/login')
  }
  const giveCode = async (page: Page, code: string) => {
    await page.fill('#otp_token', code)
    await page.keyboard.press('Enter')
  }
  const newcomer = async () => {
    const person = await createTestUser(site(), { app: false, staff: false })
    const { page, context } = await openPage(chromium(), { scripts: false })
    await givePassword(page, person)
    return { person, page, context }
  }
  const expectProfileOf = async (page: Page, person: TestUser) => {
    await page.waitForURL('**/account/two-factor')
    expect(await page.locator('header').innerText()).toContain(person.email)
  }

  it('works with a phone', async () => {
    const { person, page, context } = await newcomer()
    const number = '+41524240050'
    await page.goto(`${site().baseUrl}/account/two-factor/phones/add`)
    await page.getByLabel('Phone number').fill(number)
    await page.getByRole('button', { name: 'Send a code' }).click()
    await page.getByLabel('Code', { exact: true }).fill(codeIn(deliveries().texts(number).at(-1)))
    await page.getByRole('button', { name: 'Add this phone' }).click()
    await page.waitForURL('**/setup/complete')

    await signOut(page)
    await givePassword(page, person)
    await page.getByText('We sent a code').waitFor()
    expect(deliveries().texts(number)).toHaveLength(2)
    await giveCode(page, codeIn(deliveries().texts(number).at(-1)))
    await expectProfileOf(page, person)
    await context.close()
  })

  it('works with email', async () => {
    const { person, page, context } = await newcomer()
    const lastCode = () => deliveries().mailedCode(person.email)
    await page.goto(`${site().baseUrl}/account/two-factor/email/add`)
    await page.getByRole('button', { name: 'Send a code' }).click()
    await page.getByLabel('Code', { exact: true }).fill(lastCode())
    await page.getByRole('button', { name: 'Add this email address' }).click()
    await page.waitForURL('**/setup/complete')

    await signOut(page)
    await givePassword(page, person)
    await page.getByText('We sent a code').waitFor()
    await giveCode(page, lastCode())
    await expectProfileOf(page, person)
    await context.close()
  })

  it('works with a hardware token', async () => {
    const { person, page, context } = await newcomer()
    const secret = Buffer.from('d2e8a68036f68960b1c30532bb6c56da5934d879', 'hex')
    await page.goto(`${site().baseUrl}/account/two-factor/hardware-tokens/add`)
    await page.fill('#key', hex.encode(secret))
    await page.locator('main form button[type=submit]').first().click()
    await page.waitForURL('**/confirm*')
    await giveCode(page, generateHotp(secret, 0, 6))
    await page.waitForURL('**/setup/complete')

    await signOut(page)
    await givePassword(page, person)
    await giveCode(page, generateHotp(secret, 1, 6))
    await expectProfileOf(page, person)
    await context.close()
  })
})
