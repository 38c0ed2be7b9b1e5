import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { packageRoot } from '../../src/package-root.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { createTestUser, signIn, type TestSite, type TestUser } from '../support/site.js'
import { openSite } from './open-site.js'

let site: TestSite
let person: TestUser
/** A session of the person, and what is stored of it. */
let owner: HttpBrowser
let whole: Record<string, unknown>
beforeAll(async () => {
  site = await openSite({ OTP_EMAIL: 'true' })
  person = await createTestUser(site, { superuser: true, backupTokens: 1 })
  owner = await signIn(site, person)
  whole = await read(owner)
})
afterAll(() => site.close())

const sidOf = (browser: HttpBrowser) =>
  decodeURIComponent(browser.cookies.get('otp_session') ?? '').replace(/^s:(.*)\..*$/, '$1')

/** Stores the data of a session, even if it has ended. */
async function store(browser: HttpBrowser, data: unknown): Promise<void> {
  const text = `insert into sessions (sid, sess, expire) values ($1, $2::json, $3)
    on conflict (sid) do update set sess = excluded.sess, expire = excluded.expire`
  const expire = new Date(site.clock.now().getTime() + 3600_000)
  await site.database.pool.query(text, [sidOf(browser), JSON.stringify(data), expire])
}

async function read(browser: HttpBrowser): Promise<Record<string, unknown>> {
  const { rows } = await site.database.pool.query<{ sess: Record<string, unknown> }>(
    'select sess from sessions where sid = $1',
    [sidOf(browser)],
  )
  return rows[0]?.sess ?? {}
}

/** Pages and forms that read the session. */
const requests: [method: 'GET' | 'POST', path: string, form?: Record<string, string>][] = [
  ['GET', '/admin'],
  ['GET', '/account/two-factor'],
  ['GET', '/account/two-factor/sessions'],
  ['GET', '/account/login'],
  ['GET', '/account/verify?next=/account/two-factor'],
  ['POST', '/account/verify', { otp_token: '000000', next: '/account/two-factor' }],
  ['POST', '/account/login/security-key'],
  ['POST', '/account/login', { otp_token: '000000' }],
  ['GET', '/account/two-factor/setup'],
  ['GET', '/account/two-factor/qrcode'],
  ['POST', '/account/two-factor/setup', { otp_token: '000000' }],
  ['POST', '/account/two-factor/refused-tries', { answer: 'mine' }],
]

const broken = [null, -1, 1e300, 'x', true, [], {}, [null], [{}], { at: 'x' }]

/** What decides who the user is. If it is broken, the session ends. */
const identity = ['cookie', 'userId', 'epoch', 'signedInAt', 'factors', 'pending']
/** What only helps the user along. If it is broken, it is ignored. */
const rest = [
  'pendingForms',
  'address',
  'browser',
  'invitedAt',
  'setup',
  'otherSetups',
  'challenge',
  'otherChallenges',
  'failedAttempts',
  'keyChallenge',
  'policyBlockedAt',
  'asker',
]

/** Sends a request with a session of this content. */
async function sendWith(data: unknown, [method, path, form]: (typeof requests)[number] = ['GET', '/admin']) {
  const browser = site.browser()
  for (const [name, value] of owner.cookies) browser.cookies.set(name, value)
  await store(browser, data)
  return method === 'GET' ? browser.get(path) : browser.post(path, form)
}

/** Sends every request with a session of this content. @returns those that cause an error of the server */
async function errorsWith(data: unknown): Promise<string[]> {
  const errors: string[] = []
  for (const request of requests) {
    const { status } = await sendWith(data, request)
    if (status >= 500) errors.push(`${status} ${request[0]} ${request[1]} with ${JSON.stringify(data)}`)
  }
  return errors
}

/** The fields that the sources declare. */
function declaredFields(): string[] {
  const folder = path.join(packageRoot, 'src')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  const sources = files.map((file) => readFileSync(path.join(folder, file), 'utf8'))
  const declarations = sources.flatMap((source) => /interface SessionData \{\n(.*?)\n {2}\}/s.exec(source)?.[1] ?? [])
  return declarations.flatMap((fields) => Array.from(fields.matchAll(/^ {4}(\w+)\??:/gm), ([, name = '']) => name))
}

describe('a stored session', () => {
  it('has a row here for every field', () => {
    expect(['cookie', ...declaredFields()].toSorted()).toEqual([...identity, ...rest].toSorted())
  })

  it.each([...identity, ...rest])('with a broken %s causes no error', async (field) => {
    const errors: string[] = []
    for (const value of broken) errors.push(...(await errorsWith({ ...whole, [field]: value })))
    expect(errors).toEqual([])
  })

  it.each([null, 5, 'x', true, [], {}, [{}], { cookie: {} }].map((data) => JSON.stringify(data)))(
    'that is %s causes no error, and ends',
    async (text) => {
      expect(await errorsWith(JSON.parse(text))).toEqual([])
      expect((await sendWith(JSON.parse(text))).status).toBe(302)
    },
  )

  async function statusesWith(field: string): Promise<[value: unknown, status: number][]> {
    const statuses: [unknown, number][] = []
    for (const value of broken) statuses.push([value, (await sendWith({ ...whole, [field]: value })).status])
    return statuses
  }

  it.each(identity)('with a broken %s ends', async (field) => {
    expect(await statusesWith(field)).toEqual(broken.map((value) => [value, 302]))
  })

  it.each(rest)('with a broken %s continues', async (field) => {
    expect(await statusesWith(field)).toEqual(broken.map((value) => [value, 200]))
  })

  it.each(['invitedAt', 'setup'])('gives no right by a broken %s', async (field) => {
    const user = await createTestUser(site)
    const browser = site.browser()
    await browser.post('/account/login', { username: user.email, password: user.password })
    await store(browser, { ...(await read(browser)), [field]: 'x' })
    const page = await browser.get('/account/two-factor/setup')
    expect(page).toMatchObject({ status: 302, location: expect.stringMatching(/^\/account\/login/) })
  })

  it('of an older version, with other names of its fields, continues without what they contain', async () => {
    const old = {
      setUp: { device: 'totp/1', at: 1 },
      otherSetUps: [{ device: 'phone/1', at: 1 }],
      keptForms: [{ id: 'x', url: '/' }],
      kept: { id: 'x' },
      refusedTries: { count: 3, at: 1, address: null, browser: null },
      policyToldAt: 1,
    }
    expect(await errorsWith({ ...whole, ...old })).toEqual([])
    const page = await sendWith({ ...whole, ...old }, ['GET', '/account/two-factor'])
    expect(page.status).toBe(200)
    expect(page.text).not.toContain('were rejected')
  })

  it('that is broken does not break the list of the user’s other sessions', async () => {
    const user = await createTestUser(site)
    const [one, two] = [await signIn(site, user), await signIn(site, user)]
    const data = await read(two)
    const statuses: number[] = []
    for (const field of ['userId', 'epoch', 'signedInAt', 'browser', 'pending'])
      for (const value of [...broken, String(user.id), 1e308]) {
        await store(two, { ...data, [field]: value })
        statuses.push((await one.get('/account/two-factor/sessions')).status)
      }
    expect(new Set(statuses)).toEqual(new Set([200]))
  })

  it('that is broken after a form does not repeat the response to the form', async () => {
    const user = await createTestUser(site)
    const statuses: number[] = []
    for (const value of broken) {
      site.clock.advance(31)
      const browser = site.browser()
      await browser.post('/account/login', { username: user.email, password: user.password })
      const before = new Map(browser.cookies)
      const form = { otp_token: user.code() }
      expect((await browser.post('/account/login', form)).status).toBe(303)
      await store(browser, { ...(await read(browser)), userId: value, epoch: value })
      for (const [name, cookie] of before) browser.cookies.set(name, cookie)
      statuses.push((await browser.post('/account/login', form)).status)
    }
    expect(new Set(statuses)).toEqual(new Set([422]))
  })
})
