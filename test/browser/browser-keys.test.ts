import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { browserKeyKind } from '../../examples/custom-device/browser-key/kind.js'
import type { Database } from '../../src/db/connect.js'
import { migrate } from '../../src/db/migrate.js'
import { accessibilityViolations, openPage, useChromium } from '../support/chromium.js'
import { openTestDatabase } from '../support/database.js'
import { createTestUser, signIn, startTestSite, type TestSite, type TestUser } from '../support/site.js'

const ADD = '/account/two-factor/browserkey/add'

let database: Database
let site: TestSite

beforeAll(async () => {
  const kind = browserKeyKind()
  database = await openTestDatabase()
  await migrate(database, [kind])
  site = await startTestSite(database, { BASE_URL: 'http://localhost:0' }, undefined, { kinds: [kind] })
})

afterAll(async () => {
  await site.close()
  await database.close()
})
const chromium = useChromium()

async function givePassword(page: Page, person: TestUser): Promise<void> {
  await page.goto(`${site.baseUrl}/account/login`)
  await page.getByLabel('Email address').fill(person.email)
  await page.getByLabel('Password', { exact: true }).fill(person.password)
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.waitForLoadState()
}

const useBrowser = (page: Page) => page.getByRole('button', { name: 'Use this browser' }).click()
const alertOn = (page: Page) => page.getByRole('alert').getAttribute('data-code')

/** Runs in the page: whether each stored key can be exported. */
const IS_EXTRACTABLE = `new Promise((resolve, reject) => {
  const opening = indexedDB.open('browser-keys')
  opening.onerror = () => reject(opening.error)
  opening.onsuccess = () => {
    const all = opening.result.transaction('keys').objectStore('keys').getAll()
    all.onsuccess = () => resolve(all.result.map((key) => key.extractable))
  }
})`

/** A user whose only device is the key of this browser, signed in. */
async function enrol(traits: object = {}) {
  const person = await createTestUser(site, { app: false, ...traits })
  const signedIn = { browser: await signIn(site, person), baseUrl: site.baseUrl }
  const opened = await openPage(chromium(), { signedIn })
  const { page } = opened
  await page.goto(`${site.baseUrl}/account/two-factor/setup`)
  await page.getByRole('button', { name: 'Get started' }).click()
  await page.locator('input[value=browserkey]').check()
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByLabel('Name').fill('Laptop')
  expect(await accessibilityViolations(page)).toEqual([])
  await page.locator('main form button').click()
  await page.waitForURL(/\/browserkey\/\d+\/confirm$/)
  await useBrowser(page)
  await page.waitForURL(/\/setup\/complete/)
  return { person, ...opened }
}

async function signOut(page: Page): Promise<void> {
  await page.goto('about:blank')
  await page.context().clearCookies()
}

describe('a custom kind that answers in the browser', () => {
  it('is set up in the wizard and signs in, with scripts of the site only', async () => {
    const { person, page, complaints, context } = await enrol()
    await signOut(page)
    await givePassword(page, person)
    const scripts = [...(await page.content()).matchAll(/<script[^>]*>/g)].map(([script]) => script)
    expect(scripts).toEqual([expect.stringMatching(/^<script src="\/assets\/kind-script\.[0-9a-f]{12}\.js" defer/)])
    // There is no code to enter.
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe("Confirm it's you")
    expect(await accessibilityViolations(page)).toEqual([])
    await useBrowser(page)
    await page.waitForURL(`${site.baseUrl}/admin`)
    expect(complaints).toEqual([])
    await context.close()
  })

  it('verifies again for a step-up', async () => {
    const { page, context } = await enrol()
    site.clock.advance(301)
    await page.goto(site.baseUrl + ADD)
    await page.waitForURL(/\/account\/verify/)
    await useBrowser(page)
    await page.waitForURL(site.baseUrl + ADD)
    expect(await page.getByRole('heading', { name: 'Add this browser' }).isVisible()).toBe(true)
    await context.close()
  })

  it('says that another browser has no key, and submits nothing', async () => {
    const { person, context } = await enrol()
    await context.close()
    const other = await openPage(chromium(), {})
    await givePassword(other.page, person)
    await useBrowser(other.page)
    await other.page.getByRole('alert').waitFor()
    expect(await alertOn(other.page)).toBe('browser_none')
    expect(await other.page.getByRole('button', { name: 'Use this browser' }).isEnabled()).toBe(true)
    await other.context.close()
  })

  it('stores a private key that no script can export', async () => {
    const { page, context } = await enrol()
    const isExtractable = await page.evaluate(IS_EXTRACTABLE)
    expect(isExtractable).toEqual([false])
    await context.close()
  })

  it('says on a page without JavaScript that it needs JavaScript', async () => {
    const { person, context } = await enrol()
    await context.close()
    const plain = await openPage(chromium(), { scripts: false })
    await givePassword(plain.page, person)
    expect(await plain.page.getByText('This method needs JavaScript').isVisible()).toBe(true)
    expect(await plain.page.getByRole('button', { name: 'Use this browser' }).isVisible()).toBe(false)
    await plain.context.close()
  })

  it('is linked from the dialogue of the panel, which runs no script of a kind', async () => {
    const other = await createTestUser(site)
    const { page, context } = await enrol({ superuser: true })
    site.clock.advance(301)
    const form = `${site.baseUrl}/admin/resources/totp_devices/records/${other.app?.id}/edit`
    await page.goto(form)
    await page.getByLabel('Name').fill('Old phone')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('dialog').getByRole('link', { name: 'Use another device on its own page' }).click()
    await page.waitForURL(/\/account\/verify/)
    await useBrowser(page)
    await page.waitForURL(form)
    await page.getByLabel('Name').fill('Old phone')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved.').waitFor()
    expect(await page.getByRole('dialog').count()).toBe(0)
    await context.close()
  })
})
