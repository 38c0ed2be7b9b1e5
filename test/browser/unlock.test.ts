import { mkdirSync } from 'node:fs'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { packageRoot } from '../../src/package-root.js'
import { accessibilityViolations, expectNoSidewaysScroll, openPage, useChromium } from '../support/chromium.js'
import { useSite } from '../support/journey.js'
import { createTestUser, type TestUser, signIn } from '../support/site.js'

const screenshots = path.join(packageRoot, 'screenshots')
const looks = [
  { width: 1280, dark: false },
  { width: 390, dark: true },
]
type Look = (typeof looks)[number]

const site = useSite({ OTP_ENROLMENT: 'invite' })
const chromium = useChromium()
let superuser: TestUser

beforeAll(async () => {
  mkdirSync(screenshots, { recursive: true })
  superuser = await createTestUser(site(), { superuser: true, name: 'Barbara Liskov' })
})

const open = async (look: Look) =>
  openPage(chromium(), { ...look, signedIn: { browser: await signIn(site(), superuser), baseUrl: site().baseUrl } })
const personPage = (person: TestUser) => `${site().baseUrl}/admin/resources/users/records/${person.id}/show`
const devicePage = (person: TestUser) => `${site().baseUrl}/admin/resources/totp_devices/records/${person.app?.id}/show`

/** The state after ten wrong codes from elsewhere: the account is locked for 15 minutes, and the device is throttled for 512 seconds. */
async function lock(person: TestUser): Promise<void> {
  const now = site().clock.now()
  const values = [person.id, now]
  await site().database.pool.query(
    'update users set token_failed_at = array_fill($2::timestamptz, array[10]) where id = $1',
    values,
  )
  await site().database.pool.query(
    'update totp_devices set failure_count = 10, failed_at = $2 where user_id = $1',
    values,
  )
}

/** A time as the panel shows it. */
const inSeconds = (page: Page, seconds: number) =>
  page.evaluate<string>(
    `new Date(${site().clock.now().getTime() + seconds * 1000}).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' })`,
  )
const spaced = (text: string) => text.replace(/\s/g, ' ')

async function lookAt(page: Page, name: string, { width, dark }: Look): Promise<void> {
  await page.screenshot({
    path: path.join(screenshots, `${name}-${width}-${dark ? 'dark' : 'light'}.png`),
    fullPage: true,
  })
  await expectNoSidewaysScroll(page)
  expect(await accessibilityViolations(page)).toEqual([])
}

async function signsIn(person: TestUser): Promise<number> {
  const browser = site().browser()
  await browser.post('/account/login', { username: person.email, password: person.password })
  return (await browser.post('/account/login', { otp_token: person.code() })).status
}

describe.each(looks)('a locked person, $width wide, dark: $dark', (look) => {
  it("shows the end of the lock and of the device's throttling until that time", async () => {
    const person = await createTestUser(site(), { name: 'Grace Hopper' })
    const { page, complaints, context } = await open(look)
    await lock(person)
    const [lockEnds, waitEnds] = [await inSeconds(page, 900), await inSeconds(page, 512)]
    await page.goto(personPage(person))
    const waits = page.getByRole('status').filter({ hasText: waitEnds })
    await waits.waitFor()
    expect(spaced(await waits.innerText())).toContain(spaced(lockEnds))
    await lookAt(page, 'locked-person', look)
    await page.goto(devicePage(person))
    await page.getByRole('status').filter({ hasText: waitEnds }).waitFor()
    await lookAt(page, 'waiting-device', look)

    site().clock.advance(900)
    for (const address of [personPage(person), devicePage(person)]) {
      await page.goto(address)
      await page.getByTestId('action-edit').first().waitFor()
      expect(
        await page
          .getByRole('status')
          .filter({ hasText: / 20\d\d, \d/ })
          .count(),
      ).toBe(0)
    }
    expect(complaints).toEqual([])
    await context.close()
  })

  it('is unlocked after a dialog, and signs in at once', async () => {
    const person = await createTestUser(site(), { name: 'Ada Lovelace' })
    const { page, complaints, context } = await open(look)
    await lock(person)
    expect(await signsIn(person)).toBe(429)
    await page.goto(personPage(person))
    await page.getByTestId('action-unlock').click()
    await page.getByRole('button', { name: 'Unlock' }).waitFor()
    await lookAt(page, 'unlock', look)
    expect(await signsIn(person)).toBe(429)
    await page.getByRole('button', { name: 'Unlock' }).click()
    await page.getByText(`${person.email} is unlocked.`).waitFor()
    expect(await signsIn(person)).toBe(303)
    expect(complaints).toEqual([])
    await context.close()
  })

  it('warns before an invitation that does not replace the device', async () => {
    const person = await createTestUser(site(), { name: 'Radia Perlman' })
    const { page, complaints, context } = await open(look)
    await page.goto(personPage(person))
    await page.getByTestId('action-invite').click()
    const note = page.getByRole('note')
    await note.filter({ hasText: 'The link asks for a code from them' }).waitFor()
    await lookAt(page, 'invite-with-device', look)
    await page.getByRole('link', { name: 'Reset second factor' }).last().click()
    await page.getByText("You can't undo this").waitFor()
    await page.getByRole('note').filter({ hasText: 'needs an invitation' }).waitFor()
    await page.getByRole('button', { name: 'Delete all devices' }).click()
    await page.getByRole('status').getByRole('note').waitFor()
    await lookAt(page, 'reset-needs-invitation', look)
    await page.getByRole('status').getByRole('link', { name: 'Invite' }).click()
    await page.getByRole('button', { name: 'Send invitation' }).waitFor()
    await expect.poll(() => page.getByRole('note').count()).toBe(0)
    expect(complaints).toEqual([])
    await context.close()
  })
})
