import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { yubikeyKind } from '../../../examples/custom-device/yubikey/kind.js'
import type { Database } from '../../../src/db/connect.js'
import { migrate } from '../../../src/db/migrate.js'
import { accessibilityViolations, expectNoSidewaysScroll, openPage, useChromium } from '../../support/chromium.js'
import { openTestDatabase } from '../../support/database.js'
import { createTestUser, startTestSite, type TestSite } from '../../support/site.js'
import { createSoftwareYubikey } from './software-yubikey.js'

let database: Database
let site: TestSite
beforeAll(async () => {
  database = await openTestDatabase()
  await migrate(database, [yubikeyKind()])
  site = await startTestSite(database, {}, undefined, { kinds: [yubikeyKind()] })
})
afterAll(async () => {
  await site.close()
  await database.close()
})
const chromium = useChromium()

/** A YubiKey is a keyboard: it types letters, and Enter. */
async function touch(page: Page, otp: string): Promise<void> {
  await page.keyboard.type(otp)
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')])
}

async function expectSoundPage(page: Page): Promise<void> {
  expect(await accessibilityViolations(page)).toEqual([])
  await expectNoSidewaysScroll(page)
}

describe.each([
  { width: 1280, dark: false },
  { width: 390, dark: true },
])('with only a keyboard, $width pixels wide, dark: $dark', (options) => {
  it('a YubiKey is set up, confirmed and signs in', async () => {
    const person = await createTestUser(site, { app: false })
    const key = createSoftwareYubikey()
    const { page, context, complaints } = await openPage(chromium(), options)
    await page.goto(`${site.baseUrl}/account/login`)
    await page.getByLabel('Email').fill(person.email)
    await page.getByLabel('Password').fill(person.password)
    await page.keyboard.press('Enter')
    await page.waitForURL('**/setup')

    await page.goto(`${site.baseUrl}/account/two-factor/setup?step=method`)
    await expectSoundPage(page)
    await page.getByRole('radio', { name: 'YubiKey' }).press('Space')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/yubikey/add')
    await expectSoundPage(page)
    // The first field of the kind has the focus.
    await page.keyboard.type(key.privateId)
    await page.keyboard.press('Tab')
    await page.keyboard.type(key.aesKey)
    await page.keyboard.press('Tab')
    await touch(page, key.touch())
    expect(page.url()).toMatch(/\/yubikey\/\d+\/confirm$/)
    await expectSoundPage(page)
    await touch(page, key.touch())
    expect(page.url()).toMatch(/\/setup\/complete$/)

    await page.goto(`${site.baseUrl}/account/two-factor`)
    await expectSoundPage(page)
    await context.clearCookies()
    await page.goto(`${site.baseUrl}/account/login`)
    await page.getByLabel('Email').fill(person.email)
    await page.getByLabel('Password').fill(person.password)
    await page.keyboard.press('Enter')
    await page.getByLabel('Touch your YubiKey').waitFor()
    await expectSoundPage(page)
    await touch(page, key.touch())
    await page.waitForURL('**/admin')
    expect(complaints).toEqual([])
    await context.close()
  })
})
