import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import { addPhone } from '../support/challenges.js'
import { appCode } from '../support/authenticator.js'
import { launchBrowser, openPage, type WatchedPage } from '../support/browser.js'
import { openTestDatabase } from '../support/database.js'
import { createPerson, type Person, signIn, startTestSite, type TestSite } from '../support/site.js'

const profile = '/account/two-factor'

let database: Database
let site: TestSite
let chromium: Browser
beforeAll(async () => {
  database = await openTestDatabase('embedded')
  site = await startTestSite(database)
  chromium = await launchBrowser()
})
afterAll(async () => {
  await chromium.close()
  await site.close()
  await database.close()
})

const enterTwice = (page: Page) => Promise.all([page.keyboard.press('Enter'), page.keyboard.press('Enter')])

const requestsOf = ({ page }: WatchedPage): string[] => {
  const sent: string[] = []
  page.on('request', (request) => void (request.method() === 'POST' && sent.push(new URL(request.url()).pathname)))
  return sent
}

async function givePassword(page: Page, person: Person): Promise<void> {
  await page.goto(`${site.baseUrl}/account/login`)
  await page.fill('#username', person.email)
  await page.fill('#password', person.password)
}

describe.each([true, false])('Enter pressed twice, with scripts: %s (DEV-01)', (scripts) => {
  /** One request with the script; without it the browser may send two, and both end the same. */
  const expectSentOnce = (sent: readonly string[], paths: readonly string[]) => {
    if (scripts) expect(sent).toEqual(paths)
    else expect([...new Set(sent)]).toEqual([...new Set(paths)])
  }

  it('on the password and on the code signs in', async () => {
    const person = await createPerson(site)
    const watched = await openPage(chromium, { scripts })
    const { page } = watched
    const sent = requestsOf(watched)
    await givePassword(page, person)
    await enterTwice(page)
    await page.waitForSelector('#otp_token')
    expect(await page.locator('[role=alert]').count()).toBe(0)
    await page.fill('#otp_token', person.code())
    await enterTwice(page)
    await page.waitForURL('**/admin')
    expectSentOnce(sent, ['/account/login', '/account/login'])
    await watched.context.close()
  })

  it('on the first code of an app shows the backup tokens', async () => {
    const person = await createPerson(site, { app: false, staff: false })
    const signedIn = { browser: await signIn(site, person), baseUrl: site.baseUrl }
    const watched = await openPage(chromium, { scripts, signedIn })
    const { page } = watched
    await signedIn.browser.post(`${profile}/setup`, { method: 'totp' })
    await page.goto(`${site.baseUrl}${profile}/setup`)
    const secret = await page.locator('code.secret').innerText()
    const sent = requestsOf(watched)
    await page.fill('#otp_token', appCode(secret, site.clock.now()))
    await enterTwice(page)
    await page.waitForURL('**/setup/complete')
    expect(await page.locator('main code').count()).toBe(10)
    expectSentOnce(sent, [`${profile}/setup`])
    await watched.context.close()
  })

  it('on the token of a step-up completes the form that was put aside', async () => {
    const person = await createPerson(site)
    const browser = await signIn(site, person)
    site.clock.advance(301)
    const watched = await openPage(chromium, { scripts, signedIn: { browser, baseUrl: site.baseUrl } })
    const { page } = watched
    const rename = `${profile}/devices/${person.app?.persistentId}/rename`
    const away = await browser.post(rename, { name: 'Pressed twice' })
    await page.goto(`${site.baseUrl}${away.location}`)
    const sent = requestsOf(watched)
    await page.fill('#otp_token', person.code())
    await enterTwice(page)
    await page.waitForURL('**/account/two-factor?done=renamed')
    expect(await page.locator('main').innerText()).toContain('Pressed twice')
    expectSentOnce(sent, ['/account/verify'])
    await watched.context.close()
  })
})

describe('the button of a form', () => {
  const stateOf = (page: Page) => page.locator('main form button').first()

  /** The password form, filled in, on a page that never leaves it: what is let through is counted. */
  async function held() {
    const watched = await openPage(chromium)
    const { page } = watched
    await givePassword(page, await createPerson(site))
    await page.evaluate(`
      window.sent = 0
      addEventListener('submit', (event) => {
        if (!event.defaultPrevented) window.sent += 1
        event.preventDefault()
      })`)
    return { ...watched, sent: () => page.evaluate<number>('window.sent') }
  }

  it('is disabled from the first submit, and a second one sends nothing', async () => {
    const { page, context, sent, complaints } = await held()
    await stateOf(page).dblclick()
    await expect.poll(() => stateOf(page).isDisabled()).toBe(true)
    await page.evaluate(`document.querySelector('main form').requestSubmit()`)
    expect(await sent()).toBe(1)
    expect(complaints).toEqual([])
    await context.close()
  })

  it('is enabled again on a page that the browser brings back', async () => {
    const { page, context, sent } = await held()
    await page.keyboard.press('Enter')
    await expect.poll(() => stateOf(page).isDisabled()).toBe(true)
    await page.evaluate(`dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))`)
    expect(await stateOf(page).isEnabled()).toBe(true)
    await stateOf(page).click()
    expect(await sent()).toBe(2)
    await context.close()
  })

  it('stays enabled where the browser finds a field that is not filled in', async () => {
    const person = await createPerson(site)
    const { page, context } = await openPage(chromium)
    await page.goto(`${site.baseUrl}/account/login`)
    await page.fill('#username', person.email)
    await page.keyboard.press('Enter')
    expect(await stateOf(page).isEnabled()).toBe(true)
    await page.fill('#password', person.password)
    await page.keyboard.press('Enter')
    await page.waitForSelector('#otp_token')
    await context.close()
  })

  it('still sends its own name and value', async () => {
    const person = await createPerson(site)
    const phone = await addPhone(site.otp, person.id)
    const { page, context } = await openPage(chromium)
    await givePassword(page, person)
    await page.keyboard.press('Enter')
    await page.waitForSelector('#otp_token')
    const posted = page.waitForRequest((request) => request.method() === 'POST')
    await page
      .locator(`form:has(input[value="${phone.persistentId}"]) button[name=otp_challenge]`)
      .first()
      .click({ noWaitAfter: true })
    expect(new URLSearchParams((await posted).postData() ?? '').get('otp_challenge')).toBe('send')
    await context.close()
  })

  it('works in a form with a field that is called like a property of forms', async () => {
    const person = await createPerson(site, { app: false, staff: false })
    const signedIn = { browser: await signIn(site, person), baseUrl: site.baseUrl }
    const watched = await openPage(chromium, { signedIn })
    await watched.page.goto(`${site.baseUrl}${profile}/setup?step=method`)
    const sent = requestsOf(watched)
    await watched.page.locator('input[name=method][value=totp]').focus()
    await enterTwice(watched.page)
    await watched.page.waitForSelector('code.secret')
    expect(sent).toEqual([`${profile}/setup`])
    expect(watched.complaints).toEqual([])
    await watched.context.close()
  })

  it('runs the one script of its page and no other', async () => {
    const answer = await site.browser().get('/account/login')
    const [, script = ''] = /<script src="([^"]+)" defer>/.exec(answer.text) ?? []
    expect(answer.text.match(/<script/g)).toHaveLength(1)
    expect(answer.headers['content-security-policy']).toContain(`script-src ${site.baseUrl}${script}`)
    expect(answer.headers['content-security-policy']).not.toMatch(/script-src[^;]*'/)
    expect(await site.browser().get(script)).toMatchObject({ status: 200 })
  })
})
