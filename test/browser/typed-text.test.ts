import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { generateHotp } from '../../src/otp/tokens/oath.js'
import { openPage, useChromium } from '../support/chromium.js'
import { codeIn, useDeliveries } from '../support/deliveries.js'
import { useSite } from '../support/journey.js'
import { createTestUser, type TestUser, signIn } from '../support/site.js'

const site = useSite({ OTP_EMAIL: 'true' })
const deliveries = useDeliveries(site)
const chromium = useChromium()

/** How programs, keyboards and people write characters. The browser itself removes line breaks. */
const LOOKS: readonly [string, (text: string) => string][] = [
  ['full-width', (text) => text.replace(/[!-~]/g, (sign) => String.fromCodePoint(sign.charCodeAt(0) + 0xfee0))],
  ['with a no-break space', (text) => `${text.slice(0, 3)}\u00a0${text.slice(3)}`],
  ['with a dash', (text) => `${text.slice(0, 3)}–${text.slice(3)}`],
  ['with a tab', (text) => `${text}\t`],
  ['with line breaks', (text) => `\r\n${text}\r\n`],
  ['with what nobody sees', (text) => `\u200e${text.slice(0, 2)}\u200b${text.slice(2)}\u200f\ufeff`],
  ['in quotes', (text) => `“${text}”`],
]

/** An email address cannot be separated anywhere. */
const looksOfAddress = LOOKS.filter(([name]) => !/space|dash/.test(name))

/** Types as a paste does: only the browser itself leaves something out. */
async function paste(page: Page, selector: string, text: string): Promise<void> {
  await page.locator(selector).focus()
  await page.evaluate(`document.execCommand('insertText', false, ${JSON.stringify(text)})`)
}

/** The browser's own validation would block the form. */
async function submit(page: Page, selector: string): Promise<void> {
  await page.locator(`form:has(${selector}) button[type=submit]`).first().click()
  await page.waitForLoadState()
}

async function openAs(person: TestUser, address: string, signedIn = true) {
  const browser = signedIn ? await signIn(site(), person) : site().browser()
  if (!signedIn) await browser.post('/account/login', { username: person.email, password: person.password })
  const opened = await openPage(chromium(), { signedIn: { browser, baseUrl: site().baseUrl } })
  await opened.page.goto(site().baseUrl + address)
  return opened
}

describe.each(LOOKS)('text that is pasted %s', (name, look) => {
  it('signs in as a code and as a backup token', async () => {
    const person = await createTestUser(site(), { backupTokens: 1 })
    const code = await openAs(person, '/account/login', false)
    site().clock.advance(30)
    await paste(code.page, '#otp_token', look(person.code()))
    await submit(code.page, '#otp_token')
    await code.page.waitForURL('**/admin')
    expect(code.page.url()).toContain('/admin')
    await code.context.close()
    const backup = await openAs(person, '/account/login', false)
    await backup.page.locator('summary').click()
    await paste(backup.page, '#backup_token', look(person.backupTokens[0] ?? ''))
    await submit(backup.page, '#backup_token')
    await backup.page.waitForURL('**/admin')
    expect(backup.page.url()).toContain('/admin')
    await backup.context.close()
  })

  it('adds a phone by its number and code', async () => {
    const number = `+4152424${String(1000 + LOOKS.findIndex(([each]) => each === name)).padStart(4, '0')}`
    const { page, context } = await openAs(await createTestUser(site()), '/account/two-factor/phones/add')
    await paste(page, '#phone_number', look(number))
    await submit(page, '#phone_number')
    await page.locator('#otp_token').waitFor()
    await paste(page, '#otp_token', look(codeIn(deliveries().texts(number).at(-1))))
    await submit(page, '#otp_token')
    await page.waitForURL('**/setup/complete')
    expect(page.url()).toContain('/setup/complete')
    await context.close()
  })

  it('adds and confirms a hardware token', async () => {
    const { page, context } = await openAs(await createTestUser(site()), '/account/two-factor/hardware-tokens/add')
    const secret = Buffer.from('abcdefghij0123456789')
    await paste(page, '#key', look(secret.toString('hex')))
    await submit(page, '#key')
    await page.locator('#otp_token').waitFor()
    await paste(page, '#otp_token', look(generateHotp(secret, 0, 6)))
    await submit(page, '#otp_token')
    await page.waitForURL('**/setup/complete')
    expect(page.url()).toContain('/setup/complete')
    await context.close()
  })
})

it.each(looksOfAddress)(
  'signs in with an email address that is pasted %s, and accepts it as a new one',
  async (name, look) => {
    const person = await createTestUser(site())
    const { page, context } = await openPage(chromium())
    await page.goto(`${site().baseUrl}/account/login`)
    await paste(page, '#username', look(person.email))
    await page.locator('#password').fill(person.password)
    await submit(page, '#password')
    await page.locator('#otp_token').waitFor()
    await context.close()
    const change = await openAs(person, '/account/email')
    await paste(change.page, '#email', look(`new.${name.replaceAll(' ', '.')}@example.com`))
    await change.page.locator('#password').fill(person.password)
    await submit(change.page, '#password')
    await change.page.waitForURL('**/account/two-factor**')
    expect(change.page.url()).toContain('/account/two-factor')
    await change.context.close()
  },
)
