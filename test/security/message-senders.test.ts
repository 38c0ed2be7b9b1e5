import { describe, expect, it } from 'vitest'
import { callAction, bulkDelete, usePanelSite } from '../admin/panel-site.js'
import { readSources } from '../i18n/read-texts.js'
import type { HttpResponse } from '../support/http-browser.js'
import { addEmail, addPhone } from '../support/challenges.js'
import { queuedEmailsTo } from '../support/queued-emails.js'
import { createTestUser, type TestUser, signIn } from '../support/site.js'

const site = usePanelSite({ OTP_EMAIL: 'true' })
/** More than any hourly limit of one user. */
const TRIES = 13
const NOTICES = 10

/**
 * Every file that adds a message to the queue, and what limits it. A new one belongs here, with
 * a test that sends until it is rejected.
 */
const SENDERS = {
  'src/account/change-email/change-email.ts': 'takeRequest(account',
  'src/account/reset-password/request-reset.ts': 'takeReset, by the route: see the test below',
  'src/admin/actions/invite-user.ts': 'takeInvitation(services',
  'src/kinds/email/kind.ts': 'generateChallenge, which alone calls a kind’s enqueue: see the test below',
  'src/kinds/phone/kind.ts': 'generateChallenge, which alone calls a kind’s enqueue: see the test below',
  'src/notify/notify-user.ts': 'withinLimit(services',
  'src/otp/kind-registry/custom-kind.ts': 'generateChallenge, which alone calls a kind’s enqueue: see the test below',
} as const

const sources = () => readSources().filter(({ file }) => file.startsWith('src/'))
const filesWith = (pattern: RegExp) =>
  sources()
    .filter(({ source }) => pattern.test(source))
    .map(({ file }) => file)
    .toSorted()
const sourceOf = (name: string) => sources().find(({ file }) => file === name)?.source ?? ''

describe('every message that the site sends', () => {
  it('is added to the queue by a file that is listed here', () => {
    expect(filesWith(/\bawait enqueue\(|\breturn enqueue\(|\bvoid enqueue\(|=>\s+enqueue\(/)).toEqual(
      Object.keys(SENDERS),
    )
    expect(filesWith(/import .*\benqueue\b.*notify\/enqueue|import .*\benqueue\b.*'\.\/enqueue/)).toEqual(
      Object.keys(SENDERS),
    )
    expect(filesWith(/\badd_jobs?\(|\.addJobs?\(|quickAddJob/)).toEqual(['src/notify/enqueue.ts'])
  })

  it.each(Object.entries(SENDERS).filter(([, limit]) => limit.includes('(')))(
    'is counted in %s before it is added',
    (file, limit) => {
      const source = sourceOf(file)
      expect(source.indexOf(limit)).toBeGreaterThan(-1)
      expect(source.indexOf(limit)).toBeLessThan(source.indexOf('await enqueue('))
    },
  )

  it('is counted elsewhere if its own file does not count it', () => {
    expect(filesWith(/\brequestReset\(/)).toEqual([
      'src/account/reset-password/request-reset.ts',
      'src/account/reset-password/routes.ts',
    ])
    const route = sourceOf('src/account/reset-password/routes.ts')
    expect(route.indexOf('await takeReset(')).toBeGreaterThan(-1)
    expect(route.indexOf('await takeReset(')).toBeLessThan(route.indexOf(' requestReset('))
    expect(filesWith(/challenge\?\.enqueue\(|challenge\.enqueue\(/)).toEqual([
      'src/otp/challenges/generate-challenge.ts',
    ])
    expect(sourceOf('src/otp/challenges/generate-challenge.ts')).toContain('await checkSendLimit(')
  })
})

interface Notified {
  name: string
  mail: string
  /** Prepares, and returns a function for the repeated request. */
  begin(owner: TestUser): Promise<(attempt: number) => Promise<HttpResponse>>
}

let forms = 0
/** A field that the site does not read: the same form submitted twice is answered once. */
const another = () => ({ n: String((forms += 1)) })
const edit = ({ app }: TestUser, form: Record<string, string>) =>
  callAction(site().boss, 'totp_devices', app?.id ?? 0, 'edit', { ...form, ...another() })

const notified: readonly Notified[] = [
  {
    name: 'an administrator who renames a device',
    mail: 'device-renamed',
    begin: async (owner) => (attempt) => edit(owner, { name: `App ${attempt}` }),
  },
  {
    name: 'an administrator who disables a device and enables it again',
    mail: 'device-switched-off',
    begin: async (owner) => async () => {
      expect((await edit(owner, { confirmed: 'false' })).status).toBe(200)
      return edit(owner, { confirmed: 'true' })
    },
  },
  {
    name: 'an administrator who enables a device repeatedly',
    mail: 'device-enabled',
    begin: async (owner) => async () => {
      expect((await edit(owner, { confirmed: 'false' })).status).toBe(200)
      return edit(owner, { confirmed: 'true' })
    },
  },
  {
    name: 'an administrator who ends all sessions',
    mail: 'sessions-ended',
    begin: async (owner) => () => callAction(site().boss, 'users', owner.id, 'endSessions', another()),
  },
  {
    name: 'an administrator who issues backup tokens',
    mail: 'backup-tokens-made',
    begin: async (owner) => () => callAction(site().boss, 'users', owner.id, 'giveBackupToken', another()),
  },
  {
    name: 'an administrator who removes devices',
    mail: 'device-removed',
    begin:
      async ({ id }) =>
      async () => {
        const phone = await addPhone(site().otp, id)
        return bulkDelete(site().boss, 'phone_devices', [phone.id])
      },
  },
  {
    name: 'an administrator who resets the second factor',
    mail: 'two-factor-disabled',
    begin:
      async ({ id }) =>
      async () => {
        await addPhone(site().otp, id)
        return callAction(site().boss, 'users', id, 'resetSecondFactor', another())
      },
  },
  {
    name: 'someone who has the password and a code, in a new browser each time',
    mail: 'new-browser',
    begin: async (owner) => async () => {
      const browser = await signIn(site(), owner)
      return browser.get('/account/two-factor')
    },
  },
  {
    name: 'someone in a session who knows the password and changes it',
    mail: 'password-changed',
    async begin(owner) {
      const browser = await signIn(site(), owner)
      const passwordOf = (attempt: number) => (attempt === 0 ? owner.password : `another bean soup ${attempt}`)
      return (attempt) =>
        browser.post('/account/password/change', {
          password: passwordOf(attempt),
          new_password: passwordOf(attempt + 1),
        })
    },
  },
]

describe('emails that others can cause', () => {
  it.each(notified)('are ten an hour of one kind, while each action is carried out: $name', async ({ mail, begin }) => {
    const owner = await createTestUser(site())
    const run = await begin(owner)
    for (let attempt = 0; attempt < TRIES; attempt += 1) expect((await run(attempt)).status).toBeLessThan(400)
    const queued = await queuedEmailsTo(site().database, owner.email)
    expect(queued.filter((each) => each.mail === mail)).toHaveLength(NOTICES)
    const paused = queued.filter((each) => each.mail === 'notices-paused' && each.about === mail)
    expect(paused).toHaveLength(1)
  })
})

const codes = [
  {
    name: 'a text message again, in a setup',
    async begin() {
      const browser = await signIn(site(), await createTestUser(site(), { staff: false, app: false }))
      const add = '/account/two-factor/phones/add'
      await browser.post(add, { phone_number: '+41791112233', phone_method: 'sms' })
      return { made: 1, ask: () => browser.post(add, { otp_challenge: 'again', ...another() }) }
    },
  },
  {
    name: 'an email again, in a setup',
    async begin() {
      const browser = await signIn(site(), await createTestUser(site(), { staff: false, app: false }))
      const ask = () => browser.post('/account/two-factor/email/add', { otp_challenge: 'again', ...another() })
      return { made: 0, ask }
    },
  },
  ...(['phone', 'email'] as const).map((kind) => ({
    name: `a code of the ${kind} device, in a verified session`,
    async begin() {
      const person = await createTestUser(site())
      const { id } = person
      const device = kind === 'phone' ? await addPhone(site().otp, id) : await addEmail(site().otp, id)
      const browser = await signIn(site(), person)
      const form = { otp_device: device.persistentId, otp_challenge: 'send' }
      return { made: 0, ask: () => browser.post('/account/verify', { ...form, ...another() }) }
    },
  })),
]

describe('codes that a user can request', () => {
  it.each(codes)('are ten a day, with the time to wait: $name', async ({ begin }) => {
    site().auth.deliveryWait = 1
    const { made, ask } = await begin()
    const statuses: number[] = []
    let last: HttpResponse | undefined
    for (let attempt = made; attempt < TRIES; attempt += 1) {
      site().clock.advance(31)
      last = await ask()
      statuses.push(last.status)
    }
    expect(statuses.filter((status) => status < 400)).toHaveLength(NOTICES - made)
    expect(last).toMatchObject({ status: 429, code: 'cooldown_pending' })
    expect(Number(last?.headers['retry-after'])).toBeGreaterThan(0)
  })
})
