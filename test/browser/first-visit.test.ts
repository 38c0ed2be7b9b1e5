import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, watch } from 'node:fs'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { packageRoot } from '../../src/package-root.js'
import { accessibilityViolations, expectNoSidewaysScroll, openPage, useChromium } from '../support/chromium.js'
import { type RunningServer, startServer } from '../support/command-line.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const screenshots = path.join(packageRoot, 'screenshots')

describe.each([
  { width: 1280, dark: false },
  { width: 390, dark: true },
])('a first visit, $width pixels wide, dark: $dark', ({ width, dark }) => {
  let folder: string
  let server: RunningServer
  beforeAll(async () => {
    mkdirSync(screenshots, { recursive: true })
    folder = temporaryFolder()
    server = await startServer({ DATA_DIR: folder })
  })
  afterAll(() => server.stop())
  const chromium = useChromium()
  const printed = (name: string) => server.startText.filter(([each]) => each === name).map(([, value]) => value)
  const look = async (page: Page, name: string) => {
    await page.screenshot({ path: path.join(screenshots, `${name}-${width}-${dark ? 'dark' : 'light'}.png`) })
    expect(await accessibilityViolations(page)).toEqual([])
    await expectNoSidewaysScroll(page)
  }

  it('gets from the start-up text to the received email with the keyboard alone', async () => {
    const { page, complaints } = await openPage(chromium(), { width, dark })
    const [first = '', second = ''] = printed('Backup token')
    const signIn = async (token: string) => {
      await page.locator('#username:focus').waitFor()
      await page.keyboard.type(printed('E-mail')[0] ?? '')
      await page.keyboard.press('Tab')
      await page.keyboard.type(printed('Password')[0] ?? '')
      await Promise.all([page.waitForURL('**/account/login*'), page.keyboard.press('Enter')])
      await page.locator('summary').waitFor()
      await look(page, 'token')
      await tabTo(page, 'summary')
      await page.keyboard.press('Enter')
      await tabTo(page, '#backup_token')
      await page.keyboard.type(token)
      await page.keyboard.press('Enter')
    }

    await page.goto(server.address)
    await look(page, 'password')
    await signIn(first)
    await page.waitForURL('**/admin')
    await page.getByText('ada@example.com').first().waitFor()

    await page.goto(new URL('/account/logout', server.address).href)
    await look(page, 'sign-out')
    await tabTo(page, 'main button')
    await Promise.all([page.waitForURL('**/account/login'), page.keyboard.press('Enter')])
    await signIn(second)
    await page.waitForURL('**/admin')

    await page.goto(new URL('/account/two-factor/sessions', server.address).href)
    await look(page, 'sessions')
    const mail = await lastOf(path.join(folder, 'mail'), 2)
    expect(mail).toContain('ada@example.com')
    expect(mail).toContain('/account/two-factor/sessions')
    expect(complaints).toEqual([])
    await page.context().close()
  })

  it('shows what went wrong, as text and to every screen reader', async () => {
    const { page } = await openPage(chromium(), { width, dark })
    await page.goto(server.address)
    await page.fill('#username', printed('E-mail')[0] ?? '')
    await page.fill('#password', 'wrong')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').waitFor()
    await look(page, 'password-refused')
    await page.fill('#password', printed('Password')[0] ?? '')
    await page.keyboard.press('Enter')
    await page.fill('#otp_token', '000000')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').waitFor()
    await look(page, 'token-refused')
    await page.goto(new URL('/nothing', server.address).href)
    await look(page, 'not-found')
    expect(await page.getByRole('alert').getAttribute('data-code')).toBe('not_found')
    await page.context().close()
  })
})

/** Presses Tab until this element has the focus, as a person without a mouse does. */
async function tabTo(page: Page, selector: string): Promise<void> {
  for (let presses = 0; presses < 30; presses += 1) {
    if (await page.locator(`${selector}:focus`).count()) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`Tab does not lead to ${selector}.`)
}

/** The text of the last email, once there are this many. */
async function lastOf(mails: string, count: number): Promise<string> {
  mkdirSync(mails, { recursive: true })
  const changes = watch(mails)
  const find = () =>
    readdirSync(mails)
      .filter((file) => file.endsWith('.eml'))
      .toSorted()
  while (find().length < count) await once(changes, 'change')
  changes.close()
  return readFileSync(path.join(mails, find().at(-1) ?? ''), 'utf8')
}
