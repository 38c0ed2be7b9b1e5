import { beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { HttpBrowser, HttpResponse } from '../support/http-browser.js'
import { queuedEmailsTo } from '../support/queued-emails.js'
import { signIn, stepUp } from '../support/site.js'
import { call, findGroup, signInAs } from './group-site.js'
import { listRecords, messageOf, usePanelSite } from './panel-site.js'

const site = usePanelSite()
const PASSWORD = 'a long sentence of mine'

let emails = 0
let email: string

beforeEach(() => {
  emails += 1
  email = `new${emails}@example.com`
})

const add = (browser: HttpBrowser, form: Record<string, string> = {}) =>
  call(browser, 'users', 'new', { email, deliver: 'page', ...form })
const userNow = async (address = email) => site().database.models.User.findOne({ where: { email: address }, raw: true })
const countUsers = () => site().database.models.User.count()
const givenBy = ({ text }: HttpResponse) =>
  z.object({ given: z.object({ userId: z.number(), secret: z.string().nullable() }) }).parse(JSON.parse(text)).given
const fieldsOf = ({ text }: HttpResponse) =>
  Object.keys(
    z.object({ error: z.object({ fields: z.record(z.string(), z.string()) }) }).parse(JSON.parse(text)).error.fields,
  )

async function eventsOf(userId: number) {
  const rows = await site().database.models.AuditEvent.findAll({ where: { user_id: userId }, order: [['id', 'ASC']] })
  return rows.map(({ event, actor_id, details }) => ({ event, actor_id, details }))
}

describe('a person added in the panel', () => {
  it('has no password, and gets in with the link of the invitation, a password and a second factor', async () => {
    const answer = await add(site().staff, { name: 'Kim New', is_staff: 'true', locale: 'nl' })
    expect(answer.status).toBe(200)
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(await userNow()).toMatchObject({
      name: 'Kim New',
      locale: 'nl',
      password_hash: null,
      is_staff: true,
      is_superuser: false,
      is_active: true,
    })
    const browser = site().browser()
    const link = new URL(givenBy(answer).secret ?? '').pathname
    const page = await browser.get(link)
    expect(page.status).toBe(200)
    const accepted = await browser.post(link, { password: PASSWORD })
    expect(accepted).toMatchObject({ status: 303, location: '/account/two-factor/setup' })
    expect((await browser.get('/admin')).status).toBe(302)
  })

  it('is recorded with the administrator and the level, and without the link', async () => {
    const { userId, secret } = givenBy(await add(site().staff))
    const actor_id = site().staffPerson.id
    expect(await eventsOf(userId)).toEqual([
      { event: 'user_created', actor_id, details: { is_staff: false, is_superuser: false } },
      { event: 'invitation_made', actor_id, details: { by: 'administrator' } },
    ])
    expect(site().log.join('\n')).not.toContain(new URL(secret ?? '').pathname.split('/').at(-1))
  })

  it('is invited by email in their language, unseen by the administrator', async () => {
    const answer = await add(site().staff, { deliver: 'mail', locale: 'fr' })
    expect(givenBy(answer).secret).toBeNull()
    const [mail] = await queuedEmailsTo(site().database, email)
    if (mail?.mail !== 'invitation') throw new Error('No invitation was mailed.')
    expect(mail.language).toBe('fr')
    expect(answer.text).not.toContain(new URL(mail.link).pathname.split('/').at(-1))
    expect((await site().browser().get(new URL(mail.link).pathname)).status).toBe(200)
  })

  it('who is staff sees nobody else until a group allows it', async () => {
    const { userId } = givenBy(await add(site().staff, { is_staff: 'true' }))
    expect(await site().database.models.UserGroup.count({ where: { user_id: userId } })).toBe(0)
  })
})

describe('the form for a new person', () => {
  it.each([
    ['no email address', { email: '' }, 'email'],
    ['something that is no email address', { email: 'nobody' }, 'email'],
    ['an email address that is too long', { email: `${'x'.repeat(255)}@example.com` }, 'email'],
    ['a name that is too long', { name: 'x'.repeat(151) }, 'name'],
    ['a name that turns the text around', { name: 'Kim \u202e txt.exe' }, 'name'],
    ['a language that the site does not have', { locale: 'tlh' }, 'locale'],
    ['a level that is neither yes nor no', { is_staff: 'perhaps' }, 'is_staff'],
    ['no way to deliver the link', { deliver: 'pigeon' }, 'deliver'],
  ])('is rejected with %s, and names the field', async (_what, form, field) => {
    const before = await countUsers()
    const answer = await add(site().staff, form)
    expect(answer).toMatchObject({ status: 400, code: 'bad_request' })
    expect(fieldsOf(answer)).toEqual([field])
    expect(await countUsers()).toBe(before)
  })

  it('finds an email address that is taken, in any spelling', async () => {
    const { userId } = givenBy(await add(site().staff))
    const before = await eventsOf(userId)
    const answer = await add(site().staff, { email: ` ${email.toUpperCase()} `, name: 'Someone else' })
    expect(answer).toMatchObject({ status: 400, code: 'bad_request' })
    expect(fieldsOf(answer)).toEqual(['email'])
    expect(answer.text).toContain('already has this email address')
    expect(await eventsOf(userId)).toEqual(before)
    expect(await queuedEmailsTo(site().database, email)).toEqual([])
  })

  it.each(['id', 'password_hash', 'auth_epoch', 'external_id', 'default_device', 'created_at', 'is_active'])(
    'ignores a field of its own: %s',
    async (field) => {
      const value = field === 'is_active' ? 'false' : '424242'
      const { userId } = givenBy(await add(site().boss, { [field]: value }))
      const plain = givenBy(await call(site().boss, 'users', 'new', { email: `plain.${email}`, deliver: 'page' }))
      const [one, other] = [await userNow(), await userNow(`plain.${email}`)]
      expect(userId).not.toBe(424242)
      const its = { id: expect.any(Number), email: expect.any(String), created_at: expect.any(Date) }
      expect(one).toEqual(Object.assign({}, other, its))
      expect(plain.userId).toBe(userId + 1)
    },
  )
})

describe('adding a person', () => {
  it.each(['Help desk', 'Auditors', 'in no group', 'sees all'] as const)('is denied to %s', async (actor) => {
    const { browser } = await signInAs(site(), actor)
    const before = await countUsers()
    expect(await add(browser)).toMatchObject({ status: 403, code: 'not_allowed' })
    expect((await browser.get('/admin/resources/users/actions/new')).status).toBe(404)
    expect(await countUsers()).toBe(before)
  })

  it('is denied without the permission to view people, as it would show who is there', async () => {
    await findGroup(site(), 'adds blindly', ['users.add'])
    const browser = await signIn(site(), await site().person({ groups: ['adds blindly'] }))
    for (const address of [email, site().bossPerson.email])
      expect(await add(browser, { email: address })).toMatchObject({ status: 403, code: 'not_allowed' })
    expect((await browser.get('/admin/resources/users/actions/new')).status).toBe(404)
    expect(await userNow()).toBeNull()
  })

  it('as a superuser is denied to everyone but superusers', async () => {
    const answer = await add(site().staff, { is_superuser: 'true' })
    expect(answer).toMatchObject({ status: 403, code: 'not_allowed' })
    expect(messageOf(answer)).toContain('Only a superuser')
    expect(await userNow()).toBeNull()
    expect((await add(site().boss, { is_superuser: 'true' })).status).toBe(200)
    expect(await userNow()).toMatchObject({ is_superuser: true, is_staff: true })
  })

  it('is denied without a session, half signed in, from another site, and by GET', async () => {
    const path = '/admin/api/resources/users/actions/new'
    expect((await site().browser().post(path, { email, deliver: 'page' })).status).toBe(401)
    const half = site().browser()
    await half.post('/account/login', { username: site().bossPerson.email, password: site().bossPerson.password })
    expect((await half.post(path, { email, deliver: 'page' })).status).toBe(401)
    const foreign = { method: 'POST', headers: { Origin: 'https://evil.example' } }
    expect(await site().boss.visit(path, foreign)).toMatchObject({ status: 403, code: 'cross_origin' })
    expect((await site().boss.get(`${path}?email=${email}&deliver=page`)).status).toBe(405)
    expect(await userNow()).toBeNull()
  })

  it('adds one person for the same form sent three times at once, and gives one link', async () => {
    await stepUp(site().staff)
    const answers = await Promise.all([1, 2, 3].map(() => add(site().staff)))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(new Set(answers.map((answer) => givenBy(answer).secret)).size).toBe(1)
    const { userId } = givenBy(await Promise.resolve(answers[0] ?? (await add(site().staff))))
    expect((await eventsOf(userId)).map(({ event }) => event)).toEqual(['user_created', 'invitation_made'])
  })

  it('adds one person if two administrators add the same email address at once', async () => {
    await Promise.all([stepUp(site().staff), stepUp(site().boss)])
    const answers = await Promise.all([add(site().staff), add(site().boss)])
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 400])
    const rows = await listRecords(site().boss, 'users', { 'filters.email': email })
    expect(z.object({ meta: z.object({ total: z.number() }) }).parse(JSON.parse(rows.text)).meta.total).toBe(1)
  })

  it('by email is limited by administrator, and nobody is added beyond the limit', async () => {
    const { browser } = await signInAs(site(), 'superuser')
    const statuses: number[] = []
    for (let sent = 0; sent < 101; sent += 1)
      statuses.push((await add(browser, { email: `many${sent}.${email}`, deliver: 'mail' })).status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(100)
    expect(statuses.at(-1)).toBe(429)
    expect(await userNow(`many100.${email}`)).toBeNull()
  })
})
