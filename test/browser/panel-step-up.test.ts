import { mkdirSync } from 'node:fs'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { packageRoot } from '../../src/package-root.js'
import { addEmail } from '../support/challenges.js'
import {
  accessibilityViolations,
  expectNoSidewaysScroll,
  openPage,
  type PageOptions,
  useChromium,
} from '../support/chromium.js'
import { useSite } from '../support/journey.js'
import { createTestUser, type TestUser, signIn } from '../support/site.js'
import { deviceModels } from '../support/device-models.js'

const screenshots = path.join(packageRoot, 'screenshots')
const site = useSite({ OTP_EMAIL: 'true' })
const chromium = useChromium()
let superuser: TestUser

beforeAll(async () => {
  mkdirSync(screenshots, { recursive: true })
  superuser = await createTestUser(site(), { superuser: true, name: 'Barbara Liskov', backupTokens: 2 })
})

/** The page of another user's device, opened by an administrator whose last token was entered 90 minutes ago. */
async function openStale(person: TestUser, options: PageOptions = {}, administrator = superuser) {
  const browser = await signIn(site(), administrator)
  const opened = await openPage(chromium(), { signedIn: { browser, baseUrl: site().baseUrl }, ...options })
  site().clock.advance(301)
  await opened.page.goto(`${site().baseUrl}/admin/resources/totp_devices/records/${person.app?.id}/edit`)
  return opened
}

const dialog = (page: Page) => page.getByRole('dialog', { name: "Confirm it's you" })

async function rename(page: Page, name: string): Promise<void> {
  await page.getByLabel('Name').fill(name)
  await page.getByRole('button', { name: 'Save' }).click()
}

const nameOf = async (person: TestUser) =>
  (await deviceModels(site().database).TotpDevice.findByPk(person.app?.id ?? 0))?.name

describe('the panel’s step-up in a browser', () => {
  it('opens over the form, says what was wrong, and then saves what was entered, with the keyboard alone', async () => {
    const person = await createTestUser(site(), { name: 'Margaret Hamilton' })
    const { page, complaints, context } = await openStale(person)
    await rename(page, 'Old phone')
    await dialog(page).waitFor()
    expect(await nameOf(person)).toBe('App')
    await dialog(page).locator('input:focus').waitFor()
    await page.keyboard.type('00000x')
    await page.keyboard.press('Enter')
    await dialog(page).getByRole('alert').waitFor()
    site().clock.advance(30)
    await page.getByLabel('Code', { exact: true }).fill(superuser.code())
    await page.keyboard.press('Enter')
    await page.getByText('Saved.').waitFor()
    await expect.poll(() => nameOf(person)).toBe('Old phone')
    expect(await dialog(page).count()).toBe(0)
    // The browser itself writes the 403 into its console.
    expect(complaints.filter((line) => !/40[13]|422/.test(line))).toEqual([])
    await context.close()
  })

  it('accepts a backup token as well, and completes a deletion that was confirmed before', async () => {
    const person = await createTestUser(site())
    const { page, context } = await openStale(person)
    await page.goto(page.url().replace(/edit$/, 'show'))
    await page.getByTestId('action-delete').click()
    await page.getByRole('button', { name: 'Confirm' }).click()
    await dialog(page).waitFor()
    await dialog(page).getByLabel('Device').selectOption({ index: 1 })
    await page.getByLabel('Backup token', { exact: true }).fill(superuser.backupTokens.pop() ?? '')
    await dialog(page).getByRole('button', { name: 'Confirm' }).click()
    await page.getByText('The device was deleted.').waitFor()
    expect(await deviceModels(site().database).TotpDevice.findByPk(person.app?.id ?? 0)).toBeNull()
    await context.close()
  })

  it('sends one code if the response to the first request is lost, and then has to wait for another', async () => {
    const administrator = await createTestUser(site(), { superuser: true })
    const mailbox = await addEmail(site().otp, administrator.id)
    const { page, context } = await openStale(await createTestUser(site()), {}, administrator)
    const forms: (string | null)[] = []
    await page.route('**/account/verify*', async (route) => {
      const form = new URLSearchParams(route.request().postData() ?? '')
      if (!form.has('otp_challenge')) return route.continue()
      forms.push(form.get('form_id'))
      if (forms.length > 1) return route.continue()
      await route.fetch()
      await route.abort()
    })
    await rename(page, 'Late')
    await dialog(page).getByLabel('Device').selectOption(mailbox.persistentId)
    const send = dialog(page).getByRole('button', { name: 'Send a code' })
    await send.click()
    await dialog(page).getByText('No response arrived.').waitFor()
    await send.click()
    await dialog(page).getByText('A code is on its way.').waitFor()
    const sends = 'select from challenge_sends where user_id = $1'
    expect((await site().database.pool.query(sends, [administrator.id])).rowCount).toBe(1)
    await send.click()
    await dialog(page).getByText('We sent you a code recently.').waitFor()
    const [first, second, third] = forms
    expect(first).toMatch(/^[\w-]{22}$/)
    expect(second).toBe(first)
    expect(third).not.toBe(first)
    await context.close()
  })

  it.each(['Cancel', 'Escape'])('leaves everything unchanged on %s, and keeps what was entered', async (how) => {
    const person = await createTestUser(site())
    const { page, context } = await openStale(person)
    await rename(page, 'Never saved')
    await dialog(page).waitFor()
    if (how === 'Escape') await page.keyboard.press('Escape')
    else await dialog(page).getByRole('button', { name: how }).click()
    await dialog(page).waitFor({ state: 'detached' })
    expect(await page.getByLabel('Name').inputValue()).toBe('Never saved')
    expect(await nameOf(person)).toBe('App')
    await context.close()
  })

  it('redirects to the sign-in if the session has ended in the meantime', async () => {
    const person = await createTestUser(site())
    const { page, context } = await openStale(person)
    await rename(page, 'Too late')
    await dialog(page).waitFor()
    await site().database.pool.query('update users set auth_epoch = auth_epoch + 1 where id = $1', [superuser.id])
    await page.getByLabel('Code', { exact: true }).fill('123456')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/account\/login\?next=/)
    expect(await nameOf(person)).toBe('App')
    await context.close()
  })

  it.each([
    [1280, false],
    [390, true],
  ])('fits and has no accessibility problem at %d px, dark: %j', async (width, dark) => {
    const person = await createTestUser(site())
    const { page, context } = await openStale(person, { dark, width })
    await rename(page, 'Shown')
    await dialog(page).waitFor()
    await expectNoSidewaysScroll(page)
    expect(await accessibilityViolations(page, 'dialog')).toEqual([])
    await page.screenshot({ path: path.join(screenshots, `panel-step-up-${width}.png`) })
    await context.close()
  })
})
