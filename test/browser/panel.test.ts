import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { addDevices } from '../admin/add-devices.js'
import { openPage, settled, useChromium } from '../support/chromium.js'
import { faultsOf, oppositeLooks } from '../support/looks.js'
import { useSite } from '../support/journey.js'
import { createTestUser, type TestUser, signIn } from '../support/site.js'
import { deviceModels } from '../support/device-models.js'

const site = useSite()
const chromium = useChromium()
let superuser: TestUser
/** Has a device of every kind. */
let collector: TestUser
let phoneId: number

beforeAll(async () => {
  superuser = await createTestUser(site(), { superuser: true, name: 'Barbara Liskov', backupTokens: 2 })
  collector = await createTestUser(site(), { name: 'Mary Jackson', backupTokens: 1 })
  phoneId = (await addDevices(site().database, collector.id)).phone.id
})

const signedIn = async (person = superuser) => ({ browser: await signIn(site(), person), baseUrl: site().baseUrl })
const devicePage = (person: TestUser) => `${site().baseUrl}/admin/resources/totp_devices/records/${person.app?.id}/show`

describe('the panel in a browser', () => {
  it.each([
    ['giveBackupToken', 'backup_token_added'],
    ['invite', 'invitation_made'],
    ['resetSecondFactor', 'two_factor_disabled'],
  ])('does %s once when its button is pressed twice', async (action, event) => {
    const person = await createTestUser(site(), { backupTokens: 1 })
    const { page, context } = await openPage(chromium(), { signedIn: await signedIn() })
    const sent: string[] = []
    page.on('request', (request) => void (request.method() === 'POST' && sent.push(new URL(request.url()).pathname)))
    await page.goto(`${site().baseUrl}/admin/resources/users/records/${person.id}/${action}`)
    const button = page.locator('.help-person form button')
    await button.focus()
    await Promise.all([page.keyboard.press('Enter'), page.keyboard.press('Enter'), button.dblclick({ force: true })])
    await page.locator('.help-person [role=status]').waitFor()
    expect(sent).toEqual([`/admin/api/resources/users/records/${person.id}/${action}`])
    const sql = 'select 1 from audit_events where user_id = $1 and event = $2'
    expect((await site().database.pool.query(sql, [person.id, event])).rows).toHaveLength(1)
    await context.close()
  })

  it('creates one group when Save is pressed twice', async () => {
    const { page, context } = await openPage(chromium(), { signedIn: await signedIn() })
    await page.goto(`${site().baseUrl}/admin/resources/groups/actions/new`)
    await page.getByLabel('Name', { exact: true }).fill('Pressed twice')
    await page.getByRole('button', { name: 'Save' }).focus()
    await Promise.all([page.keyboard.press('Enter'), page.keyboard.press('Enter')])
    await page.waitForURL(/records\/\d+\/show|resources\/groups$/)
    const { rows } = await site().database.pool.query(`select 1 from groups where name = 'Pressed twice'`)
    expect(rows).toHaveLength(1)
    await context.close()
  })

  it('gets from the landing page to a deleted device without a console error', async () => {
    const person = await createTestUser(site(), { name: 'Margaret Hamilton' })
    const { page, complaints, context } = await openPage(chromium(), { signedIn: await signedIn() })
    await page.goto(`${site().baseUrl}/admin`)
    await page.getByLabel('Find a person by email or name').fill('hamil')
    await page.getByRole('link', { name: person.email }).click()
    await page.getByRole('link', { name: 'App', exact: true }).click()

    await page.getByTestId('action-edit').click()
    await page.getByLabel('Name').fill('Old phone')
    await page.getByLabel('Active').press('Space')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved.').waitFor()
    await page.getByText('Old phone').first().waitFor()
    const device = await deviceModels(site().database).TotpDevice.findByPk(person.app?.id)
    expect(device).toMatchObject({ name: 'Old phone', confirmed: false })

    await page.getByTestId('action-delete').click()
    await page.getByRole('button', { name: 'Confirm' }).click()
    await page.getByText('The device was deleted.').waitFor()
    expect(await deviceModels(site().database).TotpDevice.findByPk(person.app?.id)).toBeNull()
    expect(complaints).toEqual([])
    await context.close()
  })

  it('keeps the text direction of names inside the names', async () => {
    const name = 'דנה 123'
    const person = await createTestUser(site(), { name })
    const { page, context } = await openPage(chromium(), { signedIn: await signedIn() })
    await page.goto(`${site().baseUrl}/admin/resources/users/records/${person.id}/edit`)
    await page.locator('h1 bdi', { hasText: name }).waitFor()
    expect(await page.locator('.record-path bdi').innerText()).toBe(name)
    await page.goto(`${site().baseUrl}/admin`)
    await page.getByLabel('Find a person by email or name').fill('דנה')
    await page.locator('li bdi', { hasText: name }).waitFor()
    await context.close()
  })

  it('names the subject of a page in its heading and its title', async () => {
    const person = await createTestUser(site(), { name: 'Katherine Johnson' })
    const { page, complaints, context } = await openPage(chromium(), { signedIn: await signedIn() })
    const headings: Record<string, string> = {
      [`users/records/${person.id}/show`]: 'Katherine Johnson',
      [`users/records/${person.id}/edit`]: 'Edit – Katherine Johnson',
      [`totp_devices/records/${person.app?.id}/show`]: 'App',
      [`audit_events/records/1/show`]: 'Code accepted',
    }
    for (const [address, heading] of Object.entries(headings)) {
      await page.goto(`${site().baseUrl}/admin/resources/${address}`)
      await page.getByRole('heading', { name: heading, exact: true }).waitFor()
      await expect.poll(() => page.title()).toBe(`${heading} – OTP Admin`)
    }
    expect(complaints).toEqual([])
    await context.close()
  })

  it('shows an invitation once, with a button that copies it', async () => {
    const person = await createTestUser(site(), { name: 'Dorothy Vaughan' })
    const { page, complaints, context } = await openPage(chromium(), { signedIn: await signedIn() })
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.goto(`${site().baseUrl}/admin/resources/users/records/${person.id}/show`)
    await page.getByRole('link', { name: 'Invite' }).click()
    await page.getByLabel('Show it here once').check()
    await page.getByRole('button', { name: 'Create link' }).click()
    const link = await page.locator('code').innerText()
    expect((await site().browser().get(new URL(link).pathname)).status).toBe(200)
    await page.getByRole('button', { name: 'Copy' }).click()
    await page.getByRole('button', { name: 'Copied' }).waitFor()
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(link)
    await page.reload()
    await page.getByRole('button', { name: 'Send invitation' }).waitFor()
    expect(await page.content()).not.toContain(link)
    expect(complaints).toEqual([])
    await context.close()
  })

  it('resets a second factor after a dialog that explains it', async () => {
    const person = await createTestUser(site(), { backupTokens: 1 })
    const { page, complaints, context } = await openPage(chromium(), { signedIn: await signedIn() })
    await page.goto(`${site().baseUrl}/admin/resources/users/records/${person.id}/show`)
    await page.getByRole('link', { name: 'Reset second factor' }).click()
    await page.getByText("You can't undo this").waitFor()
    expect(await deviceModels(site().database).TotpDevice.count({ where: { user_id: person.id } })).toBe(1)
    await page.getByRole('button', { name: 'Delete all devices' }).click()
    await page.getByRole('status').waitFor()
    expect(await deviceModels(site().database).TotpDevice.count({ where: { user_id: person.id } })).toBe(0)
    expect(complaints).toEqual([])
    await context.close()
  })

  it('says why help was rejected', async () => {
    const idle = await createTestUser(site(), { active: false, app: false })
    const { page, context } = await openPage(chromium(), { signedIn: await signedIn() })
    await page.goto(`${site().baseUrl}/admin/resources/users/records/${idle.id}/giveBackupToken`)
    await page.getByRole('button', { name: 'Issue backup token' }).click()
    expect(await page.getByRole('alert').innerText()).toContain('deactivated')
    await context.close()
  })

  it.each(['invite', 'giveBackupToken', 'resetSecondFactor', 'unlock'])(
    'can submit a help form again that got no response: %s',
    async (action) => {
      const person = await createTestUser(site())
      const { page, context } = await openPage(chromium(), { signedIn: await signedIn() })
      await page.goto(`${site().baseUrl}/admin/resources/users/records/${person.id}/${action}`)
      const button = page.locator('.help-person form button')
      await button.waitFor()
      await context.setOffline(true)
      await button.click()
      expect(await page.getByRole('alert').innerText()).toContain('may have been carried out')
      expect(await button.isEnabled()).toBe(true)
      await context.setOffline(false)
      await button.click()
      await page.locator('.help-person [role=status]').waitFor()
      await context.close()
    },
  )

  it('filters a list by an owner found while typing the email address', async () => {
    const person = await createTestUser(site())
    const { page, complaints, context } = await openPage(chromium(), { signedIn: await signedIn() })
    await page.goto(`${site().baseUrl}/admin/resources/totp_devices`)
    await page
      .getByTestId('action-filter')
      .or(page.getByText('Filter', { exact: true }))
      .first()
      .click()
    const owner = page.locator('[data-css$="filter-drawer"] input[role=combobox]').first()
    await owner.fill(person.email)
    await page.locator('[class*="-option"]', { hasText: person.email }).click()
    await page.getByRole('button', { name: 'Apply' }).click()
    await page.waitForURL(/filters\.user_id=/)
    await expect.poll(() => page.locator('tbody tr').count()).toBe(1)
    expect(complaints).toEqual([])
    await context.close()
  })

  it('deletes the selected devices of a list after one dialog', async () => {
    const people = [await createTestUser(site()), await createTestUser(site())]
    const { page, complaints, context } = await openPage(chromium(), { signedIn: await signedIn() })
    await page.goto(`${site().baseUrl}/admin/resources/totp_devices`)
    for (const person of people) await page.locator('tr', { hasText: person.email }).locator('label, a').first().click()
    await page.getByText('Delete selected').click()
    await page.getByRole('button', { name: 'Confirm' }).click()
    await page.getByText('2 devices were deleted.').waitFor()
    const left = await deviceModels(site().database).TotpDevice.count({
      where: { user_id: people.map(({ id }) => id) },
    })
    expect(left).toBe(0)
    expect(complaints).toEqual([])
    await context.close()
  })

  it('says next to the form why a change was rejected', async () => {
    const { page, context } = await openPage(chromium(), { signedIn: await signedIn() })
    await page.goto(`${site().baseUrl}/admin/resources/users/records/${superuser.id}/edit`)
    await page.getByLabel('Active').press('Space')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText("You can't remove your own access").waitFor()
    expect(await page.getByLabel('Name').inputValue()).toBe('Barbara Liskov')
    await context.close()
  })

  it('redirects to the sign-in and back when the session has ended', async () => {
    const person = await createTestUser(site())
    const { page, context } = await openPage(chromium(), { signedIn: await signedIn(person) })
    await page.goto(`${site().baseUrl}/admin/resources/users`)
    await page.locator('tbody tr').first().waitFor()
    await site().database.models.User.increment('auth_epoch', { where: { id: person.id } })
    await page.locator('thead').getByText('Email', { exact: true }).click()
    await page.waitForURL(/\/account\/login/)
    expect(new URL(page.url()).searchParams.get('next')).toMatch(/^\/admin\/resources\/users\?.*sortBy=email/)
    await context.close()
  })

  it('signs out by a form', async () => {
    const { page, context } = await openPage(chromium(), { signedIn: await signedIn(await createTestUser(site())) })
    await page.goto(`${site().baseUrl}/admin`)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.waitForURL(/\/account\//)
    await page.goto(`${site().baseUrl}/admin`)
    expect(page.url()).toMatch(/\/account\/login\?next=%2Fadmin$/)
    await context.close()
  })

  it('can be used with the keyboard alone', async () => {
    const person = await createTestUser(site(), { name: 'Ada Lovelace' })
    const { page, context } = await openPage(chromium(), { signedIn: await signedIn() })
    await page.goto(`${site().baseUrl}/admin/resources/users?filters.email=${encodeURIComponent(person.email)}`)
    await page.locator('tbody tr[tabindex="0"]').focus()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Ada Lovelace' }).waitFor()
    expect(new URL(page.url()).pathname).toBe(`/admin/resources/users/records/${person.id}/show`)
    await context.close()
  })
})

describe.each(oppositeLooks)('the panel at $width pixels, dark: $dark', ({ width, dark }) => {
  it('names title and status of each row of a list', async () => {
    const { page, context } = await openPage(chromium(), { width, dark, signedIn: await signedIn() })
    await page.goto(`${site().baseUrl}/admin/resources/phone_devices`)
    const row = page.locator('tbody tr', { hasText: 'Work phone' })
    await row.getByText('Yes', { exact: true }).waitFor()
    const heads = await page.locator('thead td:visible, thead th:visible').count()
    expect(heads).toBe(await row.locator('td:visible').count())
    await context.close()
  })

  it('has a visible icon on the sign-out button', async () => {
    const { page, context } = await openPage(chromium(), { width, dark, signedIn: await signedIn() })
    await page.goto(`${site().baseUrl}/admin`)
    const icon = page.getByRole('button', { name: 'Sign out' }).locator('svg')
    expect((await icon.boundingBox())?.width).toBeGreaterThan(10)
    await context.close()
  })
})

describe('every page of the panel', () => {
  const pages: Record<string, () => string> = {
    'landing page': () => `${site().baseUrl}/admin`,
    'list of users': () => `${site().baseUrl}/admin/resources/users`,
    'list of devices': () => `${site().baseUrl}/admin/resources/totp_devices`,
    'page of a user': () => `${site().baseUrl}/admin/resources/users/records/${superuser.id}/show`,
    'form of a user': () => `${site().baseUrl}/admin/resources/users/records/${superuser.id}/edit`,
    'page of a device': () => devicePage(superuser),
    'list of phones': () => `${site().baseUrl}/admin/resources/phone_devices`,
    'page of a phone': () => `${site().baseUrl}/admin/resources/phone_devices/records/${phoneId}/show`,
    'page of a user with devices of every kind': () =>
      `${site().baseUrl}/admin/resources/users/records/${collector.id}/show`,
    invitation: () => `${site().baseUrl}/admin/resources/users/records/${collector.id}/invite`,
    'audit trail': () => `${site().baseUrl}/admin/resources/audit_events`,
    'line of the audit trail': () => `${site().baseUrl}/admin/resources/audit_events/records/1/show`,
  }

  it('has no accessibility problem, no sideways scroll and no clipped table', async () => {
    const { page, complaints, context } = await openPage(chromium(), { signedIn: await signedIn() })
    const faults: Record<string, unknown> = {}
    for (const [name, address] of Object.entries(pages)) {
      await page.goto(address())
      await settled(page)
      faults[name] = await faultsOf(page, { looks: oppositeLooks, more: clippedTables })
    }
    await page.goto(devicePage(await createTestUser(site())))
    await page.getByTestId('action-delete').click()
    await page.getByRole('dialog').waitFor()
    faults['dialog'] = await faultsOf(page, { looks: oppositeLooks })
    expect(faults).toEqual(Object.fromEntries([...Object.keys(pages), 'dialog'].map((name) => [name, []])))
    expect(complaints).toEqual([])
    await context.close()
  }, 300_000)
})

/** Tables of the site that are wider than the box around them. */
function clippedTables(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(
    `[...document.querySelectorAll('.panel-table')].filter((table) =>
      table.parentElement.scrollWidth > table.parentElement.clientWidth).map(() => 'clipped table')`,
  )
}
