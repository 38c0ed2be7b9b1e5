import { mkdirSync } from 'node:fs'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { packageRoot } from '../../src/package-root.js'
import { appCode } from '../support/authenticator.js'
import { accessibilityViolations, expectNoSidewaysScroll, openPage, useChromium } from '../support/chromium.js'
import { useDeliveries } from '../support/deliveries.js'
import { useSite } from '../support/journey.js'
import { createTestUser, type TestUser, signIn } from '../support/site.js'

const screenshots = path.join(packageRoot, 'screenshots')
const PASSWORD = 'four herons over the weir'

const site = useSite({ OTP_ENROLMENT: 'invite' })
const deliveries = useDeliveries(site)
const chromium = useChromium()
let administrator: TestUser

beforeAll(async () => {
  mkdirSync(screenshots, { recursive: true })
  administrator = await createTestUser(site(), { name: 'Barbara Liskov' })
})

const looks = [
  { width: 1280, dark: false },
  { width: 390, dark: true },
]

describe.each(looks)('a new colleague, $width pixels wide, dark: $dark', ({ width, dark }) => {
  const email = `kim.${width}@example.com`
  const open = async (person?: TestUser) =>
    openPage(chromium(), {
      width,
      dark,
      ...(person && { signedIn: { browser: await signIn(site(), person), baseUrl: site().baseUrl } }),
    })
  const look = async (page: Page, name: string) => {
    await page.screenshot({ path: path.join(screenshots, `${name}-${width}-${dark ? 'dark' : 'light'}.png`) })
    await expectNoSidewaysScroll(page)
    expect(await accessibilityViolations(page)).toEqual([])
  }
  const linkOf = () =>
    /http\S+\/account\/invitation\/[\w-]+/.exec(unfolded(deliveries().mails(email).at(-1)))?.[0] ?? ''

  it('is added with the keyboard, invited by email, and signs in with a password and an app', async () => {
    const { page, complaints, context } = await open(administrator)
    await page.goto(`${site().baseUrl}/admin/resources/users`)
    await page.getByRole('link', { name: 'New person' }).click()
    await page.locator('input[name=email]:focus').waitFor()
    await look(page, 'new-person')

    await page.keyboard.type('kim at example.com')
    await page.keyboard.press('Enter')
    await page.getByText('Enter an email address such as').waitFor()
    await look(page, 'new-person-rejected')

    await page.locator('input[name=email]').fill(email)
    await page.keyboard.press('Tab')
    await page.keyboard.type('Kim New')
    await page.keyboard.press('Enter')
    await page.getByText('the invitation is on its way').waitFor()
    await look(page, 'new-person-added')
    await page.getByRole('link', { name: 'Open their page' }).click()
    await page.getByRole('heading', { name: 'Kim New' }).waitFor()
    expect(complaints.filter((line) => !line.includes('400'))).toEqual([])
    await context.close()

    await expect.poll(linkOf).not.toBe('')
    await acceptsInvitation()
  })

  async function acceptsInvitation(): Promise<void> {
    const { page, context } = await open()
    await page.goto(linkOf())
    await page.locator('#password').fill(PASSWORD)
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Get started' }).click()
    await page.getByLabel('Authenticator app').check()
    await page.getByRole('button', { name: 'Continue' }).click()
    const secret = await page.locator('code.secret').innerText()
    await page.getByLabel('Code from the app').fill(appCode(secret, site().clock.now()))
    await page.getByRole('button', { name: 'Connect' }).click()
    await page.getByRole('heading', { name: 'Setup complete' }).waitFor()
    await context.close()
    await signsIn(secret)
  }

  async function signsIn(secret: string): Promise<void> {
    const { page, context } = await open()
    site().clock.advance(30)
    await page.goto(`${site().baseUrl}/admin`)
    await page.getByLabel('Email address').fill(email)
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await page.keyboard.press('Enter')
    await page.getByLabel('Code', { exact: true }).fill(appCode(secret, site().clock.now()))
    await page.keyboard.press('Enter')
    await page.getByText("Your groups don't give you access to anything here").waitFor()
    expect(await page.locator('body').innerText()).not.toContain(administrator.email)
    await look(page, 'panel-without-a-group')
    await context.close()
  }
})

/** The text of an email without the line breaks of its encoding. */
const unfolded = (mail = '') => mail.replace(/=\r?\n/g, '')
