import chromium from '@sparticuz/chromium'
import { base32nopad } from '@scure/base'
import { mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { chromium as playwright, type Page } from 'playwright-core'
import { generateHotp, timeStep } from '../src/otp/tokens/oath.js'
import { packageRoot } from '../src/package-root.js'
import { otpAdmin, startServer } from '../test/support/command-line.js'

// `npm run screenshots` takes the screenshots of README: the panel as the demo superuser sees it, and
// the four pages on which a new member of staff sets up a second factor.

const folder = path.join(packageRoot, 'docs', 'screenshots')
const environment = { DATA_DIR: mkdtempSync(path.join(tmpdir(), 'otp-screenshots-')), SITE_NAME: 'Night Desk' }

mkdirSync(folder, { recursive: true })
const server = await startServer(environment)
const user = await otpAdmin(['create-user', '--email', 'kim@example.com', '--name', 'Kim', '--staff'], environment)
const browser = await playwright.launch({
  executablePath: await chromium.executablePath(),
  args: chromium.args.filter((argument) => argument !== '--single-process'),
})
try {
  await takePanel(await browser.newPage({ viewport: { width: 1280, height: 560 } }))
  await takeSetup(await browser.newPage({ viewport: { width: 760, height: 620 } }))
} finally {
  await browser.close()
  await server.stop()
}

async function takePanel(page: Page): Promise<void> {
  const printed = Object.fromEntries(server.startText)
  await enterPassword(page, printed['E-mail'] ?? '', printed['Password'] ?? '')
  const secret = new URL(printed['Authenticator app'] ?? '').searchParams.get('secret') ?? ''
  await page.fill('#otp_token', currentCode(secret))
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1 }).first().waitFor()
  await take(page, 'panel')
}

async function takeSetup(page: Page): Promise<void> {
  await enterPassword(page, 'kim@example.com', user.stdout.trim())
  await take(page, 'setup-1-introduction')
  await page.click('main form button')
  await take(page, 'setup-2-method')
  await page.click('main form button')
  await take(page, 'setup-3-code')
  await page.fill('#otp_token', await codeOnPage(page))
  await page.click('main form button')
  await take(page, 'setup-4-complete')
}

async function enterPassword(page: Page, email: string, password: string): Promise<void> {
  await page.goto(server.address)
  await page.fill('#username', email)
  await page.fill('#password', password)
  await page.keyboard.press('Enter')
  await page.waitForLoadState('networkidle')
}

async function take(page: Page, name: string): Promise<void> {
  await page.waitForLoadState('networkidle')
  await page.screenshot({ path: path.join(folder, `${name}.png`) })
}

async function codeOnPage(page: Page): Promise<string> {
  const secret = await page.locator('code.secret').innerText()
  return currentCode(secret.replaceAll(/\s/g, ''))
}

/** Computes the code that an authenticator app shows now. @param secret in Base32 */
function currentCode(secret: string): string {
  return generateHotp(base32nopad.decode(secret), timeStep(new Date(), 30, 0), 6)
}
