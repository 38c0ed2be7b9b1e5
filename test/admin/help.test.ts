import { beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { HttpResponse, HttpBrowser } from '../support/http-browser.js'
import { queuedEmailsTo } from '../support/queued-emails.js'
import { type TestUser, signIn } from '../support/site.js'
import { addDevices } from './add-devices.js'
import { call, findGroup, joinGroup } from './group-site.js'
import { callAction, messageOf, recordOf, showRecord, usePanelSite } from './panel-site.js'

const site = usePanelSite()
const ACTIONS = ['unlock', 'invite', 'giveBackupToken', 'endSessions', 'resetSecondFactor']
const FORM = { deliver: 'page' }

const help = (browser: HttpBrowser, person: TestUser, action: string, form: Record<string, string> = FORM) =>
  callAction(browser, 'users', person.id, action, form)
const isIn = async (browser: HttpBrowser) => (await browser.get('/admin/api/dashboard')).status === 200
const mailNames = async (person: TestUser) =>
  (await queuedEmailsTo(site().database, person.email)).map(({ mail }) => mail)
const givenBy = (answer: HttpResponse) =>
  z
    .object({ given: z.object({ secret: z.string().nullable(), expiresAt: z.string().nullable() }) })
    .parse(JSON.parse(answer.text)).given

async function eventsOf(userId: number) {
  const rows = await site().database.models.AuditEvent.findAll({ where: { user_id: userId }, order: [['id', 'ASC']] })
  return rows.map(({ event, actor_id, device }) => ({ event, actor_id, device }))
}

/** Every row that a user's access depends on. */
async function accessOf(userId: number) {
  const { rows } = await site().database.pool.query(
    `select auth_epoch, (select count(*) from totp_devices where user_id = u.id) as apps,
    (select count(*) from static_tokens t join static_devices d on d.id = t.device_id where d.user_id = u.id) as tokens,
    (select count(*) from one_time_links where user_id = u.id) as links from users u where id = $1`,
    [userId],
  )
  return rows
}

let person: TestUser
let staffId: number

beforeEach(async () => {
  person = await site().person({ backupTokens: 1 })
  staffId = site().staffPerson.id
})

describe('an invitation', () => {
  it('is shown once, opens the setup, and leaves no secret in the audit log and the log', async () => {
    const answer = await help(site().staff, person, 'invite')
    const { secret, expiresAt } = givenBy(answer)
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(Date.parse(expiresAt ?? '') - site().clock.now().getTime()).toBe(24 * 3600_000)
    const link = new URL(secret ?? '')
    expect(link.origin).toBe(site().baseUrl)
    expect((await site().browser().get(link.pathname)).status).toBe(200)
    expect(await eventsOf(person.id)).toEqual([{ event: 'invitation_made', actor_id: staffId, device: null }])
    expect(await mailNames(person)).toEqual([])
    expect(site().log.join('\n')).not.toContain(link.pathname.split('/').at(-1))
  })

  it('is emailed, and the administrator does not see it', async () => {
    const answer = await help(site().staff, person, 'invite', { deliver: 'mail' })
    expect(givenBy(answer).secret).toBeNull()
    const [mail] = await queuedEmailsTo(site().database, person.email)
    if (mail?.mail !== 'invitation') throw new Error('No invitation was mailed.')
    expect(answer.text).not.toContain(new URL(mail.link).pathname.split('/').at(-1))
    expect((await site().browser().get(new URL(mail.link).pathname)).status).toBe(200)
  })

  it('ends the one before', async () => {
    const [first, second] = [await help(site().staff, person, 'invite'), await help(site().staff, person, 'invite')]
    const statuses = [first, second].map((answer) =>
      site()
        .browser()
        .get(new URL(givenBy(answer).secret ?? '').pathname)
        .then(({ status }) => status),
    )
    expect(await Promise.all(statuses)).toEqual([404, 200])
  })

  it.each([
    ['staff', { is_staff: 'true' }, 404],
    ['a superuser', { is_superuser: 'true' }, 404],
    ['called something else', { name: 'Renamed' }, 200],
    ['no longer staff', { is_staff: 'false' }, 200],
  ])('gives no more access than before to a user who is now %s: %o', async (_what, form, status) => {
    const invited = await site().person({ staff: !('is_staff' in form) || form.is_staff === 'false' })
    const link = new URL(givenBy(await help(site().boss, invited, 'invite')).secret ?? '').pathname
    expect((await callAction(site().boss, 'users', invited.id, 'edit', form)).status).toBe(200)
    expect((await site().browser().get(link)).status).toBe(status)
  })

  it('ends when its user joins a group, which can add permissions, and not when they leave it', async () => {
    const linkNow = async () => new URL(givenBy(await help(site().boss, person, 'invite')).secret ?? '').pathname
    const statusOf = async (link: string) => (await site().browser().get(link)).status
    const group = await findGroup(site(), 'Joined while invited', ['users.view'])
    const before = await linkNow()
    const form = { user_id: String(person.id), group_id: String(group.id) }
    expect((await call(site().boss, 'user_groups', 'new', form)).status).toBe(200)
    expect(await statusOf(before)).toBe(404)
    const after = await linkNow()
    const membership = await site().database.models.UserGroup.findOne({ where: form, rejectOnEmpty: true })
    expect((await callAction(site().boss, 'user_groups', membership.id, 'delete')).status).toBe(200)
    expect(await statusOf(after)).toBe(200)
  })

  it('ends when a group gains permissions, but not when it loses some', async () => {
    const group = await findGroup(site(), 'Grown while invited', ['users.view'])
    await joinGroup(site(), person.id, group.name)
    const link = new URL(givenBy(await help(site().boss, person, 'invite')).secret ?? '').pathname
    const statusAfter = async (form: Record<string, string>) => {
      expect((await callAction(site().boss, 'groups', group.id, 'edit', form)).status).toBe(200)
      return (await site().browser().get(link)).status
    }
    expect(await statusAfter({ permissions: '__FORM_VALUE_EMPTY_ARRAY__' })).toBe(200)
    expect(await statusAfter({ name: 'Grown while invited, renamed' })).toBe(200)
    expect(await statusAfter({ 'permissions.0': 'users.view' })).toBe(404)
  })

  it('is not created without a way to deliver it', async () => {
    for (const form of [{}, { deliver: 'pigeon' }]) {
      const answer = await help(site().staff, person, 'invite', form)
      expect(answer).toMatchObject({ status: 400, code: 'bad_request' })
    }
    expect(await eventsOf(person.id)).toEqual([])
  })
})

describe('a backup token', () => {
  it('is shown once, signs in once, and its owner is notified', async () => {
    const before = await accessOf(person.id)
    const { secret } = givenBy(await help(site().staff, person, 'giveBackupToken'))
    expect(secret).toMatch(/^[A-Z2-7]{4}(-[A-Z2-7]{4}){3}$/)
    expect(await accessOf(person.id)).toEqual([{ ...before[0], tokens: '2' }])
    expect(await eventsOf(person.id)).toEqual([
      { event: 'backup_token_added', actor_id: staffId, device: person.backup?.persistentId },
    ])
    expect(await queuedEmailsTo(site().database, person.email)).toMatchObject([
      { mail: 'backup-tokens-made', by: 'administrator', left: 2, address: null, browser: null },
    ])
    const browser = site().browser()
    await browser.post('/account/login', { username: person.email, password: person.password })
    const form = { otp_device: person.backup?.persistentId ?? '', otp_token: secret ?? '' }
    expect((await browser.post('/account/login', form)).status).toBe(303)
    expect(await isIn(browser)).toBe(true)
  })

  it('is the first device of a user who has none', async () => {
    const nobody = await site().person({ app: false })
    expect(givenBy(await help(site().staff, nobody, 'giveBackupToken')).secret).not.toBeNull()
    expect(await accessOf(nobody.id)).toMatchObject([{ tokens: '1' }])
  })
})

describe('ending sessions', () => {
  it('signs a user out everywhere at once and sends an email', async () => {
    const browsers = [await signIn(site(), person), await signIn(site(), person)]
    expect(givenBy(await help(site().staff, person, 'endSessions')).secret).toBeNull()
    for (const browser of browsers) expect(await isIn(browser)).toBe(false)
    expect((await eventsOf(person.id)).at(-1)).toEqual({ event: 'sessions_ended', actor_id: staffId, device: null })
    expect((await queuedEmailsTo(site().database, person.email)).at(-1)).toMatchObject({
      mail: 'sessions-ended',
      by: 'administrator',
    })
    expect(await isIn(await signIn(site(), person))).toBe(true)
  })
})

describe('a reset of the second factor', () => {
  it('removes devices of every kind, ends the sessions and sends an email', async () => {
    await addDevices(site().database, person.id)
    const browser = await signIn(site(), person)
    expect((await help(site().staff, person, 'resetSecondFactor')).status).toBe(200)
    expect(await isIn(browser)).toBe(false)
    const { pool } = site().database
    for (const kind of ['totp', 'webauthn', 'hotp', 'phone', 'email', 'static'])
      expect((await pool.query(`select from ${kind}_devices where user_id = $1`, [person.id])).rowCount).toBe(0)
    const events = (await eventsOf(person.id)).filter(({ actor_id }) => actor_id === staffId)
    const kinds = events.map(({ event, device }) => `${event} ${device?.split('/')[0] ?? ''}`.trim())
    expect(kinds.toSorted()).toEqual([
      ...['email', 'hotp', 'phone', 'static', 'totp', 'webauthn'].map((kind) => `device_removed ${kind}`),
      'two_factor_disabled',
    ])
    expect(await queuedEmailsTo(site().database, person.email)).toMatchObject([
      { mail: 'two-factor-disabled', by: 'administrator' },
    ])
  })

  it('leaves the password as it is', async () => {
    await help(site().staff, person, 'resetSecondFactor')
    const browser = site().browser()
    const answer = await browser.post('/account/login', { username: person.email, password: person.password })
    expect(answer.status).toBe(303)
  })
})

describe.each(ACTIONS)('%s', (action) => {
  it('is rejected for your own account', async () => {
    const before = await accessOf(site().bossPerson.id)
    const answer = await help(site().boss, site().bossPerson, action)
    expect(answer).toMatchObject({ status: 403, code: 'not_allowed' })
    expect(await accessOf(site().bossPerson.id)).toEqual(before)
    expect(await isIn(site().boss)).toBe(true)
  })

  it('is rejected for a user with more permissions, and allowed for a superuser', async () => {
    const above = await site().person({ superuser: true })
    const before = await accessOf(above.id)
    expect(await help(site().staff, above, action)).toMatchObject({ status: 403, code: 'not_allowed' })
    expect(await accessOf(above.id)).toEqual(before)
    expect(await mailNames(above)).toEqual([])
    expect((await help(site().boss, above, action)).status).toBe(200)
  })

  it('is rejected for an actor who lost their permissions in the meantime', async () => {
    const actor = await site().person({ superuser: true })
    const browser = await signIn(site(), actor)
    const above = await site().person({ superuser: true })
    const unmake = callAction(site().boss, 'users', actor.id, 'edit', { is_superuser: 'false' })
    const before = await accessOf(above.id)
    await unmake
    expect((await help(browser, above, action)).status).toBeGreaterThanOrEqual(400)
    expect(await accessOf(above.id)).toEqual(before)
  })

  it('has a button if it is allowed, and none on your own page', async () => {
    const buttons = async (of: TestUser) =>
      recordOf(await showRecord(site().staff, 'users', of.id)).recordActions.map(({ name }) => name)
    expect(await buttons(person)).toContain(action)
    expect(await buttons(site().staffPerson)).not.toContain(action)
    expect(await buttons(site().bossPerson)).not.toContain(action)
  })

  it('is not found for a user that does not exist', async () => {
    expect(await callAction(site().staff, 'users', 2_147_483_647, action, FORM)).toMatchObject({ status: 404 })
  })
})

it.each(['invite', 'giveBackupToken'])('%s is rejected for a deactivated user', async (action) => {
  const idle = await site().person({ active: false })
  const answer = await help(site().staff, idle, action)
  expect(answer).toMatchObject({ status: 403, code: 'not_allowed' })
  expect(messageOf(answer)).toContain('deactivated')
  expect(await accessOf(idle.id)).toMatchObject([{ links: '0', tokens: '0' }])
})

it('two resets at the same moment delete each device once, and neither fails', async () => {
  const answers = await Promise.all(
    [site().staff, site().boss].map((browser) => help(browser, person, 'resetSecondFactor')),
  )
  expect(answers.map(({ status }) => status)).toEqual([200, 200])
  const removed = (await eventsOf(person.id)).filter(({ event }) => event === 'device_removed')
  expect(removed).toHaveLength(2)
})
