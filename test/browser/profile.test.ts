import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { addHotpDevice } from '../../src/kinds/hotp/add-device.js'
import { generateHotp } from '../../src/otp/tokens/oath.js'
import { openPage, useChromium } from '../support/chromium.js'
import { faultsOf, oppositeLooks } from '../support/looks.js'
import { useSite } from '../support/journey.js'
import { createTestUser, type TestUser, signIn } from '../support/site.js'

const key = Buffer.from('d2e8a68036f68960b1c30532bb6c56da5934d879', 'hex')

const site = useSite()
const chromium = useChromium()

const addToken = (person: TestUser, confirmed: boolean) =>
  site().database.sequelize.transaction((transaction) =>
    addHotpDevice(site().otp, transaction, {
      userId: person.id,
      name: 'Yellow token',
      secret: key,
      digits: 6,
      counter: 0,
      confirmed,
    }),
  )

describe('without scripts', () => {
  it('lets a person manage devices, sessions and password, with a step-up in between', async () => {
    const person = await createTestUser(site(), { staff: false, backupTokens: 2 })
    await signIn(site(), person)
    const browser = await signIn(site(), person)
    const { page, complaints } = await openPage(chromium(), {
      scripts: false,
      signedIn: { browser, baseUrl: site().baseUrl },
    })
    await page.goto(`${site().baseUrl}/account/two-factor`)
    expect(await page.getByText('You have only 2 backup tokens left').count()).toBe(1)

    await page.getByRole('link', { name: 'Add a hardware token' }).click()
    await page.getByLabel('Name').fill('Yellow token')
    await page.getByLabel('Key').fill(key.toString('hex'))
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByLabel('Code').fill(generateHotp(key, 0, 6))
    await page.getByRole('button', { name: 'Confirm' }).click()
    await page.waitForURL('**/setup/complete')

    site().clock.advance(301)
    await page.goto(`${site().baseUrl}/account/two-factor`)
    await page.getByRole('button', { name: 'Make default: “Yellow token”' }).click()
    await page.getByText('then finish what you started').waitFor()
    await page.getByLabel('App').check()
    await page.getByLabel('Code', { exact: true }).fill(person.code())
    await page.getByRole('button', { name: 'Confirm', exact: true }).click()
    await page.getByText('Your default device was changed.').waitFor()

    await page.getByRole('link', { name: 'Rename “Yellow token”' }).click()
    await page.getByLabel('Name').fill('Key ring')
    await page.getByRole('button', { name: 'Rename' }).click()
    await page.getByRole('link', { name: 'Remove “Key ring”' }).click()
    await page.getByRole('button', { name: 'Remove', exact: true }).click()
    await page.getByText('The device was removed.').waitFor()
    expect(await page.getByText('Key ring').count()).toBe(0)

    await page.getByRole('button', { name: 'Sign out everywhere else' }).click()
    await page.getByText('You were signed out everywhere else.').waitFor()
    expect(await page.getByRole('button', { name: 'End session' }).count()).toBe(0)

    await page.getByRole('link', { name: 'Change your password' }).click()
    await page.getByLabel('Current password').fill(person.password)
    await page.getByLabel('New password').fill('another good pass phrase')
    await page.getByRole('button', { name: 'Change password' }).click()
    await page.getByText('Your password was changed').waitFor()
    expect(complaints).toEqual([])
  })
})

/** Every page and state, for a person who has come this far. */
const states: readonly [name: string, open: (page: Page, person: TestUser) => Promise<unknown>][] = [
  ['profile', (page) => go(page, '/account/two-factor')],
  ['profile-done', (page) => go(page, '/account/two-factor?done=email_requested')],
  ['rename', (page, { app }) => go(page, `/account/two-factor/devices/${app?.persistentId}/rename`)],
  ['remove', (page, { backup }) => go(page, `/account/two-factor/devices/${backup?.persistentId}/remove`)],
  [
    'remove-refused',
    async (page, person) => {
      await site().database.pool.query('update hotp_devices set confirmed = false where user_id = $1', [person.id])
      await go(page, `/account/two-factor/devices/${person.app?.persistentId}/remove`)
    },
  ],
  ['verify', (page) => go(page, '/account/verify?next=%2Faccount%2Femail')],
  [
    'verify-refused',
    async (page) => {
      await go(page, '/account/verify')
      await page.getByRole('radio').first().check()
      await page.getByLabel('Code', { exact: true }).fill('000000')
      await page.getByRole('button', { name: 'Confirm', exact: true }).click()
      await page.getByRole('alert').waitFor()
    },
  ],
  ['token-add', (page) => go(page, '/account/two-factor/hardware-tokens/add')],
  [
    'token-add-refused',
    async (page) => {
      await go(page, '/account/two-factor/hardware-tokens/add')
      await page.getByLabel('Key').fill('no key')
      await page.getByRole('button', { name: 'Continue' }).click()
      await page.getByRole('alert').waitFor()
    },
  ],
  [
    'token-confirm',
    async (page, person) =>
      go(page, `/account/two-factor/hardware-tokens/${(await addToken(person, false)).id}/confirm`),
  ],
  [
    'token-synchronise',
    async (page, person) =>
      go(page, `/account/two-factor/hardware-tokens/${(await addToken(person, true)).id}/synchronise`),
  ],
  ['password', (page) => go(page, '/account/password/change')],
  [
    'password-refused',
    async (page, person) => {
      await go(page, '/account/password/change')
      await page.getByLabel('Current password').fill(person.password)
      await page.getByLabel('New password').fill('password123')
      await page.getByRole('button', { name: 'Change password' }).click()
      await page.getByRole('alert').waitFor()
    },
  ],
  ['email', (page) => go(page, '/account/email')],
]

const go = (page: Page, path: string) => page.goto(site().baseUrl + path)

describe('every page of an account', () => {
  it.each(states)(
    'has no accessibility problem in light on a large screen, and in dark on a phone: %s',
    async (_name, open) => {
      const person = await createTestUser(site(), { backupTokens: 3 })
      await addToken(person, true)
      await signIn(
        site(),
        person,
        site().browser('Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0'),
      )
      const browser = await signIn(site(), person)
      const { page, context } = await openPage(chromium(), { signedIn: { browser, baseUrl: site().baseUrl } })
      await open(page, person)
      expect(await faultsOf(page, { looks: oppositeLooks })).toEqual([])
      await context.close()
    },
  )
})
