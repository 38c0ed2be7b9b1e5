import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { appCode } from '../support/authenticator.js'
import { openPage, type ObservedPage, useChromium } from '../support/chromium.js'
import { useSite } from '../support/journey.js'
import { createTestUser, type TestUser, signIn } from '../support/site.js'

const profile = '/account/two-factor'

const site = useSite()
const chromium = useChromium()

const enterTwice = (page: Page) => Promise.all([page.keyboard.press('Enter'), page.keyboard.press('Enter')])

const requestsOf = ({ page }: ObservedPage): string[] => {
  const sent: string[] = []
  page.on('request', (request) => void (request.method() === 'POST' && sent.push(new URL(request.url()).pathname)))
  return sent
}

async function givePassword(page: Page, person: TestUser): Promise<void> {
  await page.goto(`${site().baseUrl}/account/login`)
  await page.fill('#username', person.email)
  await page.fill('#password', person.password)
}

describe.each([true, false])('Enter pressed twice, with scripts: %s', (scripts) => {
  /** The browser can send two requests, and both end the same. */
  const expectSent = (sent: readonly string[], path: string) => expect([...new Set(sent)]).toEqual([path])

  it('signs in from the password and the code', async () => {
    const person = await createTestUser(site())
    const watched = await openPage(chromium(), { scripts })
    const { page } = watched
    const sent = requestsOf(watched)
    await givePassword(page, person)
    await enterTwice(page)
    await page.waitForSelector('#otp_token')
    expect(await page.locator('[role=alert]').count()).toBe(0)
    await page.fill('#otp_token', person.code())
    await enterTwice(page)
    await page.waitForURL('**/admin')
    expectSent(sent, '/account/login')
    await watched.context.close()
  })

  it('shows the backup tokens after the first code of an app', async () => {
    const person = await createTestUser(site(), { app: false, staff: false })
    const signedIn = { browser: await signIn(site(), person), baseUrl: site().baseUrl }
    const watched = await openPage(chromium(), { scripts, signedIn })
    const { page } = watched
    await signedIn.browser.post(`${profile}/setup`, { method: 'totp' })
    await page.goto(`${site().baseUrl}${profile}/setup`)
    const secret = await page.locator('code.secret').innerText()
    const sent = requestsOf(watched)
    await page.fill('#otp_token', appCode(secret, site().clock.now()))
    await enterTwice(page)
    await page.waitForURL('**/setup/complete')
    expect(await page.locator('main code').count()).toBe(10)
    expectSent(sent, `${profile}/setup`)
    await watched.context.close()
  })

  it('completes the saved form after the token of a step-up', async () => {
    const person = await createTestUser(site())
    const browser = await signIn(site(), person)
    site().clock.advance(301)
    const watched = await openPage(chromium(), { scripts, signedIn: { browser, baseUrl: site().baseUrl } })
    const { page } = watched
    const rename = `${profile}/devices/${person.app?.persistentId}/rename`
    const away = await browser.post(rename, { name: 'Pressed twice' })
    await page.goto(`${site().baseUrl}${away.location}`)
    const sent = requestsOf(watched)
    await page.fill('#otp_token', person.code())
    await enterTwice(page)
    await page.waitForURL('**/account/two-factor?done=renamed')
    expect(await page.locator('main').innerText()).toContain('Pressed twice')
    expectSent(sent, '/account/verify')
    await watched.context.close()
  })
})
