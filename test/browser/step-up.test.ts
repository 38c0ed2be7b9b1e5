import { mkdirSync } from 'node:fs'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Requirement } from '../../src/auth/policy/requirement.js'
import { otpRequired } from '../../src/auth/guards/otp-required.js'
import { requires } from '../../src/auth/guards/requires.js'
import { parseForms } from '../../src/http/forms/read-form.js'
import { packageRoot } from '../../src/package-root.js'
import { openHostSite } from '../auth/host-site.js'
import { openPage, useChromium } from '../support/chromium.js'
import { faultsOf } from '../support/looks.js'
import { createTestUser, signIn, type TestSite } from '../support/site.js'

const screenshots = path.join(packageRoot, 'screenshots')
const requirements: Record<string, Requirement> = {
  fresh: { maxAge: 60 },
  backup: { anyOf: [{ kinds: ['webauthn'] }, { kinds: ['static'] }] },
  key: { anyOf: [{ kinds: ['webauthn'] }, { kinds: ['hotp'] }] },
}

let site: TestSite
beforeAll(async () => {
  mkdirSync(screenshots, { recursive: true })
  site = await openHostSite(
    (host, auth) => {
      for (const [name, requirement] of Object.entries(requirements)) {
        host.get(`/${name}`, requires(auth, requirement), (_req, res) => void res.send('the host’s page'))
        host.post(`/${name}`, requires(auth, requirement), ...parseForms(), (req, res) => void res.json(req.body))
      }
      host.get('/otp', otpRequired(auth), (_req, res) => void res.send('the host’s page'))
    },
    { OTP_POLICY: 'off' },
  )
}, 300_000)
afterAll(() => site?.close())
const chromium = useChromium()

/** A file that a page of this site submits. */
const SEND_A_FILE = `
  const form = document.createElement('form')
  Object.assign(form, { method: 'post', enctype: 'multipart/form-data', action: '/fresh' })
  document.body.append(form)
  form.submit()`

async function lookAt(page: Page, name: string): Promise<void> {
  expect(await faultsOf(page, { picture: path.join(screenshots, name) })).toEqual([])
}

async function open() {
  const person = await createTestUser(site, { backupTokens: 2 })
  const signedIn = await signIn(site, person)
  site.clock.advance(120)
  return { person, ...(await openPage(chromium(), { signedIn: { browser: signedIn, baseUrl: site.baseUrl } })) }
}

it('has accessible pages that fit in every look for a person who falls short', async () => {
  const { page, context, complaints } = await open()
  const bare = await openPage(chromium())
  const deviceless = await createTestUser(site, { app: false })
  await bare.page.goto(`${site.baseUrl}/otp`)
  await bare.page.fill('#username', deviceless.email)
  await bare.page.fill('#password', deviceless.password)
  await bare.page.keyboard.press('Enter')
  const shots: [string, typeof page, string][] = [
    ['step-up', page, '/fresh'],
    ['step-up-kinds', page, '/backup'],
    ['requirement-unmet', page, '/key'],
    ['otp-required', bare.page, '/otp'],
  ]
  for (const [name, which, address] of shots) {
    await which.goto(site.baseUrl + address)
    await lookAt(which, name)
  }
  await page.goto(`${site.baseUrl}/account/two-factor`)
  await page.evaluate(SEND_A_FILE)
  await page.waitForSelector('[data-code=step_up_required]')
  await lookAt(page, 'not-kept')
  expect(complaints.filter((text) => !text.includes('403'))).toEqual([])
  await context.close()
  await bare.context.close()
}, 60_000)

it('takes a person by keyboard alone from a rejected page to the token and back', async () => {
  const { page, person } = await open()
  await page.goto(`${site.baseUrl}/backup?page=2`)
  expect(await page.textContent('main')).toContain('Verify with: Backup tokens.')
  await page.locator('input[name=otp_token]:focus').waitFor()
  await page.keyboard.type(person.backupTokens[0] ?? '')
  await page.keyboard.press('Enter')
  await page.waitForURL(`${site.baseUrl}/backup?page=2`)
  expect(await page.textContent('body')).toContain('the host’s page')
}, 300_000)
