import { expect, it } from 'vitest'
import { openPage, useChromium } from '../support/chromium.js'
import { useSite } from '../support/journey.js'
import { createTestUser, signIn } from '../support/site.js'

const site = useSite({ TRUST_BROWSER_DAYS: '30' })
const chromium = useChromium()

it('names an unknown browser in the language of the panel, in lists and on the pages of records', async () => {
  const [boss, person] = [await createTestUser(site(), { superuser: true }), await createTestUser(site())]
  const browser = await signIn(site(), person, site().browser('curl/8'))
  await browser.post('/account/two-factor/browsers/trust', { trust_browser: 'on' })
  const { TrustedBrowser, AuditEvent } = site().database.models
  const trusted = await TrustedBrowser.findOne({ where: { user_id: person.id } })
  await browser.post('/account/two-factor/browsers/end', { browser: String(trusted?.id) })
  await browser.post('/account/two-factor/browsers/trust', { trust_browser: 'on' })
  const id = (await TrustedBrowser.findOne({ where: { user_id: person.id } }))?.id
  const revoked = await AuditEvent.findOne({ where: { user_id: person.id, event: 'trusted_browser_revoked' } })

  const language = await signIn(site(), boss)
  await language.post('/account/language', { language: 'de' })
  const { page, context } = await openPage(chromium(), { signedIn: { browser: language, baseUrl: site().baseUrl } })
  const pages = [
    'trusted_browsers',
    `trusted_browsers/records/${id}/show`,
    `totp_devices/records/${person.app?.id}/show`,
    `audit_events/records/${revoked?.id}/show`,
    `users/records/${person.id}/show`,
  ]
  for (const path of pages) {
    await page.goto(`${site().baseUrl}/admin/resources/${path}`)
    await page.getByText('Unbekannter Browser').first().waitFor({ timeout: 20_000 })
    expect(await page.locator('body').innerText()).not.toContain('unknown browser')
  }
  await context.close()
})
