import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { createInvitation } from '../../src/auth/links/create-invitation.js'
import { noClient } from '../../src/client-info.js'
import { appCode } from '../support/authenticator.js'
import { openPage, useChromium } from '../support/chromium.js'
import { faultsOf } from '../support/looks.js'
import { queuedEmailsTo } from '../support/queued-emails.js'
import { useSite } from '../support/journey.js'
import { createTestUser, type TestUser, signIn } from '../support/site.js'

const site = useSite()
const chromium = useChromium()

const secretOn = (page: Page) => page.locator('code.secret').innerText()
const tokensOn = (page: Page) => page.locator('ol.tokens code').allInnerTexts()

async function givePassword(page: Page, person: TestUser, path = '/admin'): Promise<void> {
  await page.goto(site().baseUrl + path)
  await page.getByLabel('Email address').fill(person.email)
  await page.getByLabel('Password', { exact: true }).fill(person.password)
  await page.getByRole('button', { name: 'Continue' }).click()
}

async function begin(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Get started' }).click()
  await page.getByLabel('Authenticator app').check()
  await page.getByRole('button', { name: 'Continue' }).click()
}

async function giveCode(page: Page): Promise<void> {
  await page.getByLabel('Code from the app').fill(appCode(await secretOn(page), site().clock.now()))
  await page.getByRole('button', { name: 'Connect' }).click()
}

async function resetLink(person: TestUser): Promise<string> {
  const linkOf = async () =>
    (await queuedEmailsTo(site().database, person.email)).flatMap((mail) =>
      mail.mail === 'password-reset' ? [mail.link] : [],
    )
  await expect.poll(linkOf, { timeout: 60_000 }).toHaveLength(1)
  return (await linkOf())[0] ?? ''
}

describe.each([{ scripts: true }, { scripts: false }])('with scripts: $scripts', ({ scripts }) => {
  it('lets staff set up an app, save their backup tokens, and later sign in with either', async () => {
    const person = await createTestUser(site(), { app: false })
    const { page, complaints, context } = await openPage(chromium(), { scripts })
    await givePassword(page, person, '/admin/resources/users')
    await begin(page)
    const secret = await secretOn(page)
    await giveCode(page)
    await page.getByRole('heading', { name: 'Setup complete' }).waitFor()
    const tokens = await tokensOn(page)
    expect(tokens).toHaveLength(10)

    const downloading = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Download as a text file' }).click()
    const download = await downloading
    expect(download.suggestedFilename()).toBe('backup-tokens.txt')
    const file = await readFile(await download.path(), 'utf8')
    expect(tokens.every((token) => file.includes(token))).toBe(true)
    await page.getByText('Copy as text').click()
    expect(await page.getByLabel('Select all the text').inputValue()).toBe(tokens.join('\n'))
    await page.getByRole('button', { name: "I've saved my backup tokens" }).click()
    await page.waitForURL(`${site().baseUrl}/admin/resources/users`)
    // The panel is a separate program: without scripts its page stays empty, and says so.
    expect(complaints.filter((line) => scripts || !line.includes('script'))).toEqual([])
    await context.close()

    for (const token of [appCode(secret, new Date(site().clock.now().getTime() + 30_000)), tokens[0] ?? '']) {
      const later = await openPage(chromium(), { scripts })
      site().clock.advance(30)
      await givePassword(later.page, person)
      if (token.length > 6) await later.page.getByText('Use a backup token instead').click()
      const label = token.length > 6 ? 'Backup token' : 'Code'
      await later.page.getByLabel(label, { exact: true }).fill(token)
      await later.page.getByLabel(label, { exact: true }).press('Enter')
      await later.page.waitForURL(`${site().baseUrl}/admin`)
      await later.context.close()
    }
  })

  it('reports a wrong code next to the same key, which then works', async () => {
    const { page, complaints, context } = await openPage(chromium(), { scripts })
    await givePassword(page, await createTestUser(site(), { app: false }))
    await begin(page)
    const secret = await secretOn(page)
    await page.getByLabel('Code from the app').fill('000000')
    await page.getByRole('button', { name: 'Connect' }).click()
    await page.locator('[role=alert][data-code=invalid_token]').waitFor()
    expect(await secretOn(page)).toBe(secret)
    site().clock.advance(2)
    await giveCode(page)
    await page.getByRole('heading', { name: 'Setup complete' }).waitFor()
    expect(complaints.filter((line) => !line.includes('422'))).toEqual([])
    await context.close()
  })

  it('replaces a forgotten password with the link from the email', async () => {
    const person = await createTestUser(site())
    const { page, complaints, context } = await openPage(chromium(), { scripts })
    await page.goto(`${site().baseUrl}/account/login`)
    await page.getByRole('link', { name: 'Forgot your password?' }).click()
    await page.getByLabel('Email address').fill(person.email)
    await page.getByRole('button', { name: 'Send link' }).click()
    await page.getByText('sent a link to it').waitFor()
    await page.goto(await resetLink(person))
    await page.getByLabel('New password').fill('four words make one')
    await page.getByRole('button', { name: 'Set password' }).click()
    await page.getByText('Your password was changed').waitFor()
    expect(new URL(page.url()).pathname).toBe('/account/login')
    expect(complaints).toEqual([])
    await context.close()
  })
})

describe('the pages of setup and links', () => {
  it('has no page or state with an accessibility problem or a sideways scroll', async () => {
    const faults: Record<string, string[]> = {}
    const folder = process.env['SHOTS']
    const check = async (page: Page, name: string) => {
      faults[name] = await faultsOf(page, { fullPage: true, ...(folder && { picture: `${folder}/${name}` }) })
    }
    await walkSetUp(check)
    await walkDisable(check)
    await walkLinks(check)
    expect(faults).toEqual(Object.fromEntries(Object.keys(faults).map((name) => [name, []])))
    expect(Object.keys(faults)).toHaveLength(17)
  }, 300_000)

  type Check = (page: Page, name: string) => Promise<void>

  const walkSetUp = async (check: Check) => {
    const person = await createTestUser(site(), { app: false })
    const { page, context } = await openPage(chromium())
    await givePassword(page, person)
    await check(page, 'introduction')
    await page.getByRole('button', { name: 'Get started' }).click()
    await check(page, 'method')
    await page.getByLabel('Authenticator app').check()
    await page.getByRole('button', { name: 'Continue' }).click()
    await check(page, 'totp')
    await page.getByLabel('Code from the app').fill('000000')
    await page.getByRole('button', { name: 'Connect' }).click()
    await check(page, 'totp-wrong')
    site().clock.advance(2)
    await giveCode(page)
    await check(page, 'complete-with-tokens')
    await page.reload()
    await check(page, 'complete')
    await page.goto(`${site().baseUrl}/account/two-factor/backup-tokens`)
    await check(page, 'backup-tokens')
    await page.getByRole('button', { name: 'Generate 10 new' }).click()
    await check(page, 'backup-tokens-made')
    await context.close()
  }

  const walkDisable = async (check: Check) => {
    for (const [name, staff] of [
      ['disable', false],
      ['disable-policy', true],
    ] as const) {
      const browser = await signIn(site(), await createTestUser(site(), { staff }))
      const signedIn = { browser, baseUrl: site().baseUrl }
      const { page, context } = await openPage(chromium(), { signedIn })
      await page.goto(`${site().baseUrl}/account/two-factor/disable`)
      await check(page, name)
      await context.close()
    }
  }

  const walkLinks = async (check: Check) => {
    const person = await createTestUser(site(), { app: false })
    const { page, context } = await openPage(chromium())
    await page.goto(`${site().baseUrl}/account/login?notice=password_changed`)
    await check(page, 'password-changed')
    await page.goto(`${site().baseUrl}/account/password/forgot`)
    await check(page, 'forgot')
    await page.getByLabel('Email address').fill(person.email)
    await page.getByRole('button', { name: 'Send link' }).click()
    await check(page, 'forgot-sent')
    await page.goto(await resetLink(person))
    await check(page, 'reset')
    await page.getByLabel('New password').fill('password1')
    await page.getByRole('button', { name: 'Set password' }).click()
    await check(page, 'reset-common')
    await page.goto(`${site().baseUrl}/account/password/reset/${'A'.repeat(43)}`)
    await check(page, 'link-invalid')
    const invitation = await site().database.sequelize.transaction((transaction) =>
      createInvitation(site().otp, transaction, { userId: person.id, actorId: null, client: noClient }, site().baseUrl),
    )
    await page.goto(invitation.link)
    await check(page, 'invitation')
    await context.close()
  }
})
