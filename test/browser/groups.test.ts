import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { openPage, settled, useChromium } from '../support/chromium.js'
import { faultsOf } from '../support/looks.js'
import { useSite } from '../support/journey.js'
import { createTestUser, type TestUser, signIn } from '../support/site.js'

const site = useSite()
const chromium = useChromium()
let superuser: TestUser

beforeAll(async () => {
  superuser = await createTestUser(site(), { superuser: true, name: 'Barbara Liskov' })
})

const signedIn = async (person = superuser) => ({ browser: await signIn(site(), person), baseUrl: site().baseUrl })
const groupNamed = (name: string) => site().database.models.Group.findOne({ where: { name }, rejectOnEmpty: true })

/** A member of one of the supplied groups. */
const memberOf = (name: string, traits = {}): Promise<TestUser> => createTestUser(site(), { ...traits, groups: [name] })

/** Presses Tab until an element with this role and name has the focus. */
async function tabTo(page: Page, role: 'checkbox' | 'button' | 'link' | 'searchbox' | 'textbox', name: string) {
  const wanted = page.getByRole(role, { name, exact: true }).first()
  await wanted.waitFor()
  for (let step = 0; step < 120; step += 1) {
    if ((await wanted.and(page.locator(':focus')).count()) === 1) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`Tab never came to the ${role} "${name}".`)
}

describe('groups in a browser', () => {
  it('creates a group, adds members and removes them with the keyboard alone', async () => {
    const person = await createTestUser(site(), { name: 'Katherine Johnson', groups: [] })
    const { page, complaints, context } = await openPage(chromium(), { signedIn: await signedIn() })
    await page.goto(`${site().baseUrl}/admin/resources/groups`)
    await tabTo(page, 'link', 'New group')
    await page.keyboard.press('Enter')
    await page.getByRole('textbox', { name: 'Name' }).waitFor()
    await tabTo(page, 'textbox', 'Name')
    await page.keyboard.type('Night desk')
    const users = page.getByRole('group', { name: 'People' })
    await users.getByRole('checkbox', { name: 'View' }).focus()
    await page.keyboard.press('Space')
    await users.getByRole('checkbox', { name: 'Invite' }).focus()
    await page.keyboard.press('Space')
    await tabTo(page, 'button', 'Save')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Night desk' }).waitFor()
    expect((await groupNamed('Night desk')).permissions).toEqual(['users.invite', 'users.view'])
    await page.getByText('View, Invite').waitFor()

    await tabTo(page, 'searchbox', 'Add a person by email or name')
    await page.keyboard.type('Katherine')
    await tabTo(page, 'button', person.email)
    await page.keyboard.press('Enter')
    await page.getByRole('link', { name: person.email }).waitFor()
    await tabTo(page, 'button', `Remove ${person.email}`)
    await page.keyboard.press('Enter')
    await page.getByText('This group has no members.').waitFor()
    expect(await site().database.models.UserGroup.count({ where: { user_id: person.id } })).toBe(0)
    expect(complaints).toEqual([])
    await context.close()
  })

  it('adds a member from the page of a user as well', async () => {
    const person = await createTestUser(site(), { name: 'Dorothy Vaughan', groups: [] })
    const { page, complaints, context } = await openPage(chromium(), { signedIn: await signedIn() })
    await page.goto(`${site().baseUrl}/admin/resources/users/records/${person.id}/show`)
    await page.getByText('Not in a group.').waitFor()
    await page.getByLabel('Add to a group by name').fill('audit')
    await page.getByRole('button', { name: 'Auditors' }).click()
    await page.getByRole('link', { name: 'Auditors' }).click()
    await page.getByRole('link', { name: person.email }).waitFor()
    expect(complaints).toEqual([])
    await context.close()
  })

  it('keeps the fields that were not touched when a form is saved, and empties the others', async () => {
    const { Group } = site().database.models
    const group = await Group.create({
      name: 'Kept',
      permissions: ['users.view'],
      otp_policy: 'everyone',
      kinds: ['totp'],
    })
    const { page, complaints, context } = await openPage(chromium(), { signedIn: await signedIn() })
    await page.goto(`${site().baseUrl}/admin/resources/groups/records/${group.id}/edit`)
    await page.getByRole('group', { name: 'Audit log' }).getByRole('checkbox', { name: 'View' }).check()
    await page.getByRole('checkbox', { name: 'Authenticator app' }).uncheck()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved.').waitFor()
    const permissions = ['audit_events.view', 'users.view']
    expect(await group.reload()).toMatchObject({ name: 'Kept', permissions, otp_policy: 'everyone', kinds: null })
    expect(complaints).toEqual([])
    await context.close()
  })

  it('shows members only what they can do, without a single rejected call', async () => {
    const helper = await memberOf('Help desk', { name: 'Grace Hopper' })
    const person = await createTestUser(site(), { name: 'Mary Jackson', staff: false, app: false })
    const { page, complaints, context } = await openPage(chromium(), { signedIn: await signedIn(helper) })
    await page.goto(`${site().baseUrl}/admin`)
    await page.getByText('Staff without a device').waitFor()
    expect(await page.getByText('Latest events').count()).toBe(0)
    const menu = page.getByRole('navigation', { name: 'Main' })
    expect(await menu.getByText('People', { exact: true }).count()).toBe(1)
    for (const name of ['Groups', 'Audit log', 'Memberships']) expect(await menu.getByText(name).count()).toBe(0)
    await page.goto(`${site().baseUrl}/admin/resources/users/records/${person.id}/show`)
    await page.getByRole('link', { name: 'Invite' }).waitFor()
    await page.getByText('No devices.').waitFor()
    for (const name of ['Edit', 'Issue backup token', 'End sessions'])
      expect(await page.getByRole('link', { name }).count()).toBe(0)
    expect(await page.getByText('Audit log').count()).toBe(0)
    await page.goto(`${site().baseUrl}/admin/resources/users`)
    await page.getByRole('button', { name: 'Filter' }).waitFor()
    expect(await page.getByTestId('action-export').count()).toBe(0)
    const refused = await site().database.models.AuditEvent.count({
      where: { event: 'panel_refused', user_id: helper.id },
    })
    expect({ refused, complaints }).toEqual({ refused: 0, complaints: [] })
    await context.close()
  })
})

describe('an export in a browser', () => {
  it('saves the list as it is filtered and sorted', async () => {
    const person = await createTestUser(site(), { name: 'Ännchen Müller' })
    const { page, complaints, context } = await openPage(chromium(), { signedIn: await signedIn() })
    await page.goto(`${site().baseUrl}/admin/resources/users?filters.email=${person.email}`)
    await page.getByText(person.email).first().waitFor()
    const started = page.waitForEvent('download')
    await page.getByTestId('action-export').click()
    const download = await started
    expect(download.suggestedFilename()).toMatch(/^users-\d{4}-\d\d-\d\d\.csv$/)
    const lines = (await readFile(await download.path(), 'utf8')).split('\r\n')
    expect(lines[0]?.charCodeAt(0)).toBe(0xfe_ff)
    expect(lines[1]).toContain('"Ännchen Müller"')
    expect(lines.slice(2)).toEqual([''])
    expect(complaints).toEqual([])
    await context.close()
  })
})

describe('pages of groups', () => {
  it('has no accessibility problem in any look', async () => {
    await memberOf('People admins', { name: 'Annie Easley' })
    const group = await groupNamed('People admins')
    const { page, complaints, context } = await openPage(chromium(), { signedIn: await signedIn() })
    for (const address of [
      'groups',
      'groups/actions/new',
      `groups/records/${group.id}/show`,
      `groups/records/${group.id}/edit`,
      'user_groups',
      `users/records/${superuser.id}/show`,
    ]) {
      await page.goto(`${site().baseUrl}/admin/resources/${address}`)
      await page.getByRole('heading').first().waitFor()
      await settled(page)
      expect({ address, found: await faultsOf(page) }).toEqual({ address, found: [] })
    }
    expect(complaints).toEqual([])
    await context.close()
  })
})
