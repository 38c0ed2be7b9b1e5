import chromium from '@sparticuz/chromium'
import { base32nopad } from '@scure/base'
import { mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { chromium as playwright, type Page } from 'playwright-core'
import { hotp, timeStep } from '../src/otp/oath.js'
import { root } from '../src/root.js'
import { otpAdmin, startServer } from '../test/support/command-line.js'

// `npm run pictures`: walks a new member of staff through set-up and takes README's four pictures.

const folder = path.join(root, 'docs', 'pictures')
const environment = { DATA_DIR: mkdtempSync(path.join(tmpdir(), 'otp-pictures-')), SITE_NAME: 'Night Desk' }

mkdirSync(folder, { recursive: true })
const server = await startServer(environment)
const user = await otpAdmin(['create-user', '--email', 'kim@example.com', '--name', 'Kim', '--staff'], environment)
const browser = await playwright.launch({
  executablePath: await chromium.executablePath(),
  args: chromium.args.filter((argument) => argument !== '--single-process'),
})
try {
  const page = await browser.newPage({ viewport: { width: 760, height: 620 } })
  await page.goto(server.address)
  await page.fill('#username', 'kim@example.com')
  await page.fill('#password', user.stdout.trim())
  await page.keyboard.press('Enter')
  await take(page, 'setup-1-introduction')
  await page.click('main form button')
  await take(page, 'setup-2-method')
  await page.click('main form button')
  await take(page, 'setup-3-code')
  await page.fill('#otp_token', await currentCode(page))
  await page.click('main form button')
  await take(page, 'setup-4-complete')
} finally {
  await browser.close()
  await server.stop()
}

async function take(page: Page, name: string): Promise<void> {
  await page.waitForLoadState('networkidle')
  await page.screenshot({ path: path.join(folder, `${name}.png`) })
}

/** What an authenticator app would show for the secret on the page. */
async function currentCode(page: Page): Promise<string> {
  const secret = (await page.locator('code.secret').innerText()).replaceAll(/\s/g, '')
  return hotp(base32nopad.decode(secret), timeStep(new Date(), 30, 0), 6)
}
