import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { migrate } from '../../src/db/migrate.js'
import type { Database } from '../../src/db/connect.js'
import { otpRequired } from '../../src/auth/guards/otp-required.js'
import { openHostSite } from '../auth/host-site.js'
import { createInvitation } from '../../src/auth/links/create-invitation.js'
import { noClient } from '../../src/client-info.js'
import { appCode } from '../support/authenticator.js'
import { generateHotp, timeStep } from '../../src/otp/tokens/oath.js'
import { userHasDevice } from '../../src/otp/devices/devices-for-user.js'
import { wordKind } from '../embedding/tiny-kind/word-kind.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { openTestDatabase } from '../support/database.js'
import { deviceStates, giveDevice, SECRET, type StateOfDevice } from '../support/device-states.js'
import { createTestUser, type TestUser, startTestSite, type TestSite } from '../support/site.js'

type Devices = Readonly<Record<string, StateOfDevice>>

/** The configuration turns `email` off, and no process here has the kind `ghost`. */
const kinds = ['totp', 'hotp', 'static', 'phone', 'email', 'webauthn', 'word', 'ghost'] as const
const rules = ['off', 'staff', 'everyone', 'strict'].flatMap((policy) =>
  ['self', 'invite'].map((enrolment) => ({ policy, enrolment })),
)

const single: Devices[] = kinds.flatMap((kind) => deviceStates.map((state) => ({ [kind]: state })))
const pairs: Devices[] = deviceStates.flatMap((one) => [
  ...deviceStates.map((other) => ({ totp: one, static: other })),
  { hotp: one, ghost: 'sql' as const },
  { totp: one, email: 'active' as const },
  { word: one, phone: 'unconfirmed' as const },
])
const combinations: Devices[] = [{}, ...single, ...pairs, { totp: 'sql', hotp: 'failures', static: 'administrator' }]

const inWords = (devices: Devices) =>
  Object.entries(devices)
    .map(([kind, state]) => `${kind} ${state}`)
    .join(', ') || 'no device'
// An active phone waits for the delivery of its code. test/journeys/phones.test.ts covers it.
const tried = combinations.filter(({ phone }) => phone !== 'active')
const hasFactor = (devices: Devices) => Object.values(devices).some((state) => state !== 'unconfirmed')

const setup = '/account/two-factor/setup'
const under = (path: string) => `/account/two-factor/${path}`
const HOTP_KEY = SECRET.toString('hex')

describe('a password alone', () => {
  let database: Database
  const sites = new Map<string, TestSite>()
  const siteOf = (policy: string, enrolment: string): TestSite => {
    const site = sites.get(`${policy} ${enrolment}`)
    if (!site) throw new Error('There is no such site.')
    return site
  }

  beforeAll(async () => {
    database = await openTestDatabase()
    await migrate(database, [wordKind(), wordKind('ghost')])
    for (const { policy, enrolment } of rules)
      sites.set(`${policy} ${enrolment}`, await open({ OTP_POLICY: policy, OTP_ENROLMENT: enrolment }))
  }, 300_000)
  afterAll(async () => {
    for (const site of sites.values()) await site.close()
    await database.close()
  })

  async function open(environment: Record<string, string>): Promise<TestSite> {
    const more = {
      TRUST_BROWSER_DAYS: environment['OTP_POLICY'] === 'strict' ? '0' : '30',
      SMS_GATEWAY: 'file',
      OTP_PASSKEY_LOGIN: 'true',
      BASE_URL: 'http://localhost:0',
    }
    return startTestSite(database, { ...more, ...environment }, undefined, { kinds: [wordKind()] })
  }

  const person = async (
    site: TestSite,
    devices: Devices,
    traits = {},
  ): Promise<TestUser & { ids: Record<string, number> }> => {
    const created = await createTestUser(site, { app: false, ...traits })
    return { ...created, ids: await give(site, created, devices) }
  }
  const give = async (site: TestSite, { id }: TestUser, devices: Devices): Promise<Record<string, number>> => {
    const ids: Record<string, number> = {}
    for (const [kind, state] of Object.entries(devices)) ids[kind] = await giveDevice(site.otp, id, kind, state)
    return ids
  }
  const password = (browser: HttpBrowser, { email, password: typed }: TestUser, more = {}) =>
    browser.post('/account/login', { username: email, password: typed, ...more })

  /** The user who is signed in, by the row of the browser's session. */
  const sessionOf = async (browser: HttpBrowser) => {
    const sid =
      decodeURIComponent(browser.cookies.get('otp_session') ?? '')
        .split('.')[0]
        ?.replace(/^s:/, '') ?? ''
    const { rows } = await database.pool.query('select sess from sessions where sid = $1', [sid])
    return z
      .object({
        sess: z.looseObject({
          userId: z.number().optional(),
          factors: z.array(z.looseObject({ device: z.string().nullable() })).optional(),
        }),
      })
      .optional()
      .parse(rows[0])?.sess
  }
  /** The state of all of a user's devices, so that nothing can have been added, confirmed or removed unnoticed. */
  const snapshot = async ({ id }: TestUser) => {
    const found = []
    for (const kind of kinds)
      found.push(
        (
          await database.pool.query(
            `select id, confirmed, confirmed_at, disabled_reason, failure_count from ${kind}_devices where user_id = $1 order by id`,
            [id],
          )
        ).rows,
      )
    return found
  }

  /** Everything that someone with a password can attempt to get a device accepted, or to get in. */
  const attempts = (
    site: TestSite,
    { ids }: { ids: Record<string, number> },
  ): ((browser: HttpBrowser) => Promise<{ status: number; text: string }>)[] => {
    const code = generateHotp(SECRET, timeStep(site.clock.now(), 30, 0), 6)
    return [
      (b) => b.get('/admin'),
      (b) => b.get(setup),
      (b) => b.post(setup, { method: 'totp' }),
      (b) => b.get(under('qrcode')),
      (b) => b.post(setup, { otp_token: code }),
      (b) => b.post(setup, { method: 'phone', phone_number: '+41791234568' }),
      (b) => b.get(`${setup}/complete`),
      (b) => b.get(under('phones/add')),
      (b) => b.post(under('phones/add'), { phone_number: '+41791234568', phone_method: 'sms' }),
      (b) => b.post(under('email/add'), {}),
      (b) => b.post(under('security-keys/add/options'), {}),
      (b) => b.post(under('security-keys/add'), { name: 'Key', credential: '{}' }),
      (b) => b.post(under('hardware-tokens/add'), { name: 'Token', key: HOTP_KEY, digits: '6', counter: '0' }),
      (b) => b.get(under(`hardware-tokens/${ids['hotp'] ?? 1}/confirm`)),
      (b) => b.post(under(`hardware-tokens/${ids['hotp'] ?? 1}/confirm`), { otp_token: generateHotp(SECRET, 0, 6) }),
      (b) =>
        b.post(under(`hardware-tokens/${ids['hotp'] ?? 1}/synchronise`), {
          otp_token: generateHotp(SECRET, 0, 6),
          otp_token_next: generateHotp(SECRET, 1, 6),
        }),
      (b) => b.post(under('word/add'), { name: 'Word', word: 'open sesame' }),
      (b) => b.post(under(`word/${ids['word'] ?? 1}/confirm`), { otp_token: 'open sesame 1' }),
      (b) => b.get(under('backup-tokens')),
      (b) => b.post(under('backup-tokens'), {}),
      (b) => b.post(under('disable'), { confirm: 'yes' }),
      ...Object.entries(ids).flatMap(([kind, id]): ((b: HttpBrowser) => ReturnType<HttpBrowser['post']>)[] => [
        (b) => b.post(under(`devices/${kind}/${id}/remove`), {}),
        (b) => b.post(under(`devices/${kind}/${id}/default`), {}),
        (b) => b.post(under(`devices/${kind}/${id}/rename`), { name: 'Mine' }),
      ]),
      (b) => b.post(under('browsers/trust'), { trust_browser: 'on' }),
      (b) => b.get('/account/verify'),
      (b) => b.post('/account/verify', { otp_token: code }),
      (b) => b.post('/account/password/change', { password: 'x', new_password: 'a much better password' }),
      (b) => b.post('/account/email', { email: 'eve@example.com', password: 'correct horse battery' }),
    ]
  }

  const expectShut = async (
    site: TestSite,
    someone: TestUser & { ids: Record<string, number> },
    browser: HttpBrowser,
  ) => {
    const before = await snapshot(someone)
    for (const attempt of attempts(site, someone)) {
      const answer = await attempt(browser)
      expect([200, 201].includes(answer.status), `${attempt.toString()} -> ${answer.status}`).toBe(false)
    }
    expect(await snapshot(someone)).toEqual(before)
    const session = await sessionOf(browser)
    expect((session?.factors ?? []).filter(({ device }) => device !== null)).toEqual([])
    expect((await browser.get('/admin')).status).not.toBe(200)
  }

  /** Two devices under the most and the least permissive rules, one under all. */
  const rulesFor = (devices: Devices) =>
    Object.keys(devices).length > 1 ? rules.filter((_, index) => index === 0 || index === rules.length - 1) : rules

  it.each(tried.filter((devices) => !hasFactor(devices)).map((devices) => ({ devices, named: inWords(devices) })))(
    'signs in under every rule if there is no second factor: $named',
    async ({ devices }) => {
      for (const { policy, enrolment } of rulesFor(devices)) {
        const site = siteOf(policy, enrolment)
        const someone = await person(site, devices)
        const browser = site.browser()
        const answer = await password(browser, someone)
        expect(await userHasDevice(site.otp, someone.id)).toBe(false)
        expect((await sessionOf(browser))?.userId, `${policy} ${enrolment}`).toBe(someone.id)
        expect(answer.location?.startsWith(setup), `${policy} ${enrolment}`).toBe(enrolment === 'self')
      }
    },
    60_000,
  )

  it.each(tried.filter(hasFactor).map((devices) => ({ devices, named: inWords(devices) })))(
    'starts no session under any rule if there is a second factor: $named',
    async ({ devices }) => {
      for (const { policy, enrolment } of rulesFor(devices)) {
        const site = siteOf(policy, enrolment)
        const someone = await person(site, devices)
        const browser = site.browser()
        const before = await snapshot(someone)
        const answer = await password(browser, someone)
        expect(answer, `${policy} ${enrolment}`).toMatchObject({ status: 303, location: '/account/login' })
        expect(await userHasDevice(site.otp, someone.id)).toBe(true)
        expect((await sessionOf(browser))?.userId).toBeUndefined()
        expect((await browser.get(setup)).status).toBe(302)
        expect((await browser.post(setup, { method: 'totp' })).status).toBe(302)
        expect((await browser.get('/admin')).status).toBe(302)
        expect(await snapshot(someone)).toEqual(before)
      }
    },
    60_000,
  )

  it.each(tried.filter(hasFactor).map((devices) => ({ devices, named: inWords(devices) })))(
    'opens nothing, on any path, with $named',
    async ({ devices }) => {
      const site = siteOf('off', 'self')
      const someone = await person(site, devices, { staff: true, superuser: true })
      const browser = site.browser()
      await password(browser, someone)
      await expectShut(site, someone, browser)
    },
    60_000,
  )

  it.each(tried.filter(hasFactor).map((devices) => ({ devices, named: inWords(devices) })))(
    'opens nothing to a session that began before there was $named',
    async ({ devices }) => {
      const site = siteOf('everyone', 'self')
      const someone = await person(site, {}, { staff: true, superuser: true })
      const browser = site.browser()
      await password(browser, someone)
      await browser.post(setup, { method: 'totp' })
      const ids = await give(site, someone, devices)
      await expectShut(site, { ...someone, ids }, browser)
    },
    60_000,
  )

  it.each([...kinds])('says who can help if the only device is a disabled one: %s', async (kind) => {
    const site = siteOf('staff', 'self')
    const someone = await person(site, { [kind]: 'administrator' })
    const browser = site.browser()
    const answer = await password(browser, someone)
    const page = await browser.get(answer.location ?? '')
    expect(page).toMatchObject({ status: 200, code: 'verification_not_allowed' })
    expect(page.text).toContain('Contact an administrator.')
    const refused = await browser.post('/account/login', {
      otp_device: `${kind}/${someone.ids[kind] ?? 0}`,
      otp_token: '123456',
    })
    expect(refused).toMatchObject({ status: 422, code: 'verification_not_allowed' })
    const both = await password(site.browser(), someone, { otp_token: '123456' })
    expect(both).toMatchObject({ status: 422, code: 'invalid_token' })
  })

  it('cannot enrol after 100 wrong codes on each device', async () => {
    const site = siteOf('staff', 'self')
    const someone = await createTestUser(site, { superuser: true, backupTokens: 2 })
    const tables = ['totp', 'static']
    for (const kind of tables) {
      await database.pool.query(`update ${kind}_devices set failure_count = 99, failed_at = null where user_id = $1`, [
        someone.id,
      ])
      const browser = site.browser()
      await password(browser, someone)
      const device = kind === 'totp' ? someone.app : someone.backup
      const token = kind === 'totp' ? '000000' : 'AAAA-AAAA-AAAA-AAAA'
      await browser.post('/account/login', { otp_device: device?.persistentId ?? '', otp_token: token })
    }
    const { rows } = await database.pool.query(
      'select confirmed, disabled_reason, disabled_at from totp_devices where user_id = $1',
      [someone.id],
    )
    expect(rows).toEqual([{ confirmed: false, disabled_reason: 'failures', disabled_at: site.clock.now() }])
    await database.pool.query('update static_devices set confirmed = false where user_id = $1', [someone.id])
    const eve = site.browser()
    await password(eve, someone)
    await expectShut(site, { ...someone, ids: { totp: someone.app?.id ?? 0 } }, eve)
  })

  it.each(rules)(
    'and an invitation replace disabled devices, under $policy with $enrolment',
    async ({ policy, enrolment }) => {
      const site = siteOf(policy, enrolment)
      const someone = await person(site, { totp: 'failures', static: 'administrator', ghost: 'sql' })
      const browser = await invited(site, someone)
      const done = await enrolApp(site, browser)
      expect(done).toMatchObject({ status: 303, location: `${setup}/complete` })
      expect((await browser.get('/admin')).status).toBe(200)
    },
  )

  it('and an invitation do not bypass a device that can verify', async () => {
    const site = siteOf('staff', 'self')
    for (const devices of [{ totp: 'active' }, { totp: 'sql', hotp: 'active' }] satisfies Devices[]) {
      const someone = await person(site, devices)
      const browser = await invited(site, someone)
      expect((await sessionOf(browser))?.userId).toBeUndefined()
      await expectShut(site, someone, browser)
    }
  })

  it('and an invitation do not bypass a device that was added since', async () => {
    const site = siteOf('staff', 'self')
    const someone = await person(site, { totp: 'sql' })
    const browser = await invited(site, someone)
    await browser.post(setup, { method: 'totp' })
    const page = await browser.get(setup)
    await give(site, someone, { hotp: 'active' })
    const shown = /<code class="secret"[^>]*>([A-Z2-7 ]+)</.exec(page.text)?.[1]
    expect(shown).toBeDefined()
    const before = await snapshot(someone)
    await browser.post(setup, { otp_token: '000000' })
    expect(await snapshot(someone)).toEqual(before)
  })

  async function invited(site: TestSite, { id }: TestUser): Promise<HttpBrowser> {
    const { link } = await database.sequelize.transaction((transaction) =>
      createInvitation(site.otp, transaction, { userId: id, actorId: null, client: noClient }, site.baseUrl),
    )
    const browser = site.browser()
    await browser.post(new URL(link).pathname, { password: 'correct horse battery' })
    return browser
  }

  async function enrolApp(site: TestSite, browser: HttpBrowser) {
    await browser.post(setup, { method: 'totp' })
    const page = await browser.get(setup)
    const key = /<code class="secret"[^>]*>([A-Z2-7 ]+)</.exec(page.text)?.[1] ?? ''
    return browser.post(setup, { otp_token: appCode(key, site.clock.now()) })
  }
})

describe('a route of a host application behind ifConfigured', () => {
  let site: TestSite
  beforeAll(async () => {
    site = await openHostSite(
      (app, auth) => {
        app.get(
          '/if-configured',
          otpRequired(auth, { ifConfigured: true }),
          (_req, res) => void res.send('let through'),
        )
        app.get('/otp-required', otpRequired(auth), (_req, res) => void res.send('let through'))
      },
      { OTP_POLICY: 'off' },
    )
    // Another process has the kind while this one runs.
    await migrate(site.database, [wordKind('ghost')])
  })
  afterAll(() => site.close())

  it.each(
    ['totp', 'hotp', 'static', 'phone', 'email', 'webauthn', 'ghost'].flatMap((kind) =>
      deviceStates.map((state) => ({ kind, state })),
    ),
  )(
    'lets a session without a token through only if there is no second factor: $kind $state',
    async ({ kind, state }) => {
      const person = await createTestUser(site, { app: false, staff: false })
      const browser = site.browser()
      await browser.post('/account/login', { username: person.email, password: person.password })
      expect((await browser.get('/if-configured')).text).toBe('let through')
      await giveDevice(site.otp, person.id, kind, state)
      const isFree = state === 'unconfirmed'
      expect((await browser.get('/if-configured')).status).toBe(isFree ? 200 : 302)
      expect((await browser.get('/otp-required')).status).not.toBe(200)
      expect(await userHasDevice(site.otp, person.id)).toBe(!isFree)
    },
  )
})
