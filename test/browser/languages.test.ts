import { mkdirSync } from 'node:fs'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { type AuditEventName, auditEventNames, noClient, recordAuditEvent } from '../../src/audit/record-event.js'
import { type Language, languages } from '../../src/i18n/translator.js'
import { readTexts } from '../i18n/read-texts.js'
import { accessibilityViolations, expectNoSidewaysScroll, openPage, settled, useChromium } from '../support/chromium.js'
import { useSite } from '../support/journey.js'
import { createTestUser, type TestUser, signIn } from '../support/site.js'

const PAGES = {
  profile: '/account/two-factor',
  language: '/account/language',
  'backup-tokens': '/account/two-factor/backup-tokens',
  phone: '/account/two-factor/phones/add',
  disable: '/account/two-factor/disable',
  'hardware-token': '/account/two-factor/hardware-tokens/add',
  'password-change': '/account/password/change',
  panel: '/admin',
  'panel-users': '/admin/resources/users',
  'panel-events': '/admin/resources/audit_events',
}

const site = useSite({ OTP_EMAIL: 'true' })
const chromium = useChromium()
let person: TestUser
beforeAll(async () => {
  person = await createTestUser(site(), { superuser: true, backupTokens: 2 })
})

function longest(language: Language): AuditEventName[] {
  const texts = readTexts(language)
  const length = (event: string) => texts.get(`panel:adminjs.components.Events.${event}`)?.length ?? 0
  return auditEventNames.toSorted((one, other) => length(other) - length(one)).slice(0, 5)
}

describe.each(languages)('in %s, on a phone', (language) => {
  /** With `SHOTS=<folder>` each page is saved as a picture, for someone who reads the language. */
  const look = async (page: Page, name: string) => {
    const folder = process.env['SHOTS']
    if (folder) mkdirSync(folder, { recursive: true })
    if (folder) await page.screenshot({ path: path.join(folder, `${name}-${language}.png`), fullPage: true })
    await expectNoSidewaysScroll(page)
    expect(await page.evaluate<string>('document.documentElement.lang')).toBe(language)
    // It reads markup, which is the same in all languages: one page of each program is enough.
    if (!['profile', 'panel'].includes(name)) return
    expect({ name, issues: await accessibilityViolations(page) }).toEqual({ name, issues: [] })
  }

  it('has no page that overflows or has an accessibility problem', async () => {
    const browser = await signIn(site(), person)
    // The longest names of events are the ones that could overflow.
    for (const event of longest(language))
      await recordAuditEvent(site().database, undefined, { event, at: new Date(), userId: person.id, client: noClient })
    const { page, context, complaints } = await openPage(chromium(), {
      width: 390,
      signedIn: { browser, baseUrl: site().baseUrl },
    })
    await page.setExtraHTTPHeaders({ 'Accept-Language': language })
    for (const [name, address] of Object.entries(PAGES)) {
      await page.goto(site().baseUrl + address)
      await settled(page)
      await look(page, name)
    }
    await context.clearCookies()
    await page.goto(`${site().baseUrl}/account/login`)
    await look(page, 'password')
    await page.locator('#username').fill(person.email)
    await page.locator('#password').fill(person.password)
    await page.locator('main button[type=submit]').first().click()
    await page.locator('#otp_token').waitFor()
    await look(page, 'token')
    expect(complaints).toEqual([])
    await context.close()
  }, 300_000)
})
