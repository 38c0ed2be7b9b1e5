import { type KeyObject, generateKeyPairSync, sign } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { browserKeyKind } from '../../examples/custom-device/browser-key/kind.js'
import type { Database } from '../../src/db/connect.js'
import { migrate } from '../../src/db/migrate.js'
import { addDevice, type Device, type Otp, verifyToken } from '../../src/index.js'
import { addWebauthnDevice } from '../../src/kinds/webauthn/add-device.js'
import { createChallenge } from '../../src/otp/challenges/browser-challenges.js'
import { answerChallenge, kindContract } from '../../src/testing/index.js'
import { databaseKinds, openTestDatabase } from '../support/database.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { createSoftwareKey } from '../support/software-key.js'
import { createTestUser, signIn, startTestSite, type TestSite, type TestUser } from '../support/site.js'
import { addSoftwareKey } from '../support/webauthn.js'

const kind = browserKeyKind()
const ADD = '/account/two-factor/browserkey/add'
const CHALLENGE = '/account/login/challenge/browserkey'

/** The key of a browser: what `browser.js` does, on Node. */
interface BrowserKey {
  publicKey: string
  answer(challenge: string, origin: string): string
}

function createBrowserKey(): BrowserKey {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return {
    publicKey: pair.publicKey.export({ format: 'der', type: 'spki' }).toString('base64url'),
    answer: (challenge, origin) => signText(`${origin} ${challenge}`, pair.privateKey),
  }
}

const signText = (text: string, key: KeyObject) =>
  sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')

async function addKey(otp: Otp, userId: number, { publicKey }: BrowserKey): Promise<Device> {
  const columns = { public_key: publicKey }
  return await addDevice(otp, undefined, kind, { userId, name: 'Laptop', confirmed: true, columns })
}

describe.each(databaseKinds())('a browser key on the %s database', (where) => {
  let database: Database
  let site: TestSite
  beforeAll(async () => {
    database = await openTestDatabase(where)
    await migrate(database, [kind])
    site = await startTestSite(database, { BASE_URL: 'http://localhost:0', OTP_THROTTLE_FACTOR: '0' }, undefined, {
      kinds: [kind],
    })
  })
  afterAll(async () => {
    await site.close()
    await database.close()
  })

  const keys = new Map<string, BrowserKey>()
  const contract = kindContract(kind, {
    database: () => database,
    wrongToken: `browserkey/1.${'A'.repeat(43)}.${'A'.repeat(86)}`,
    async add(otp, userId) {
      const key = createBrowserKey()
      const device = await addKey(otp, userId, key)
      keys.set(device.persistentId, key)
      return device
    },
    goodToken: (otp, device) =>
      answerChallenge(
        otp,
        device,
        (challenge) => keys.get(device.persistentId)?.answer(challenge, 'http://localhost:3000') ?? '',
      ),
  })
  it.each([...contract])('$title', ({ run: expectToHold }) => expectToHold())

  /** A user with one browser key, and a browser after the password. */
  async function arrive(person?: TestUser) {
    const user = person ?? (await createTestUser(site, { app: false }))
    const key = createBrowserKey()
    const device = await addKey(site.otp, user.id, key)
    return { user, key, device, browser: await givePassword(user) }
  }

  async function givePassword(person: TestUser): Promise<HttpBrowser> {
    const browser = site.browser()
    await browser.post('/account/login', { username: person.email, password: person.password })
    return browser
  }

  const requestChallenge = async (browser: HttpBrowser, path = CHALLENGE): Promise<string> =>
    JSON.parse((await browser.post(path)).text).challenge

  const tokenOf = (device: Pick<Device, 'persistentId'>, challenge: string, answer: string) =>
    `${device.persistentId}.${challenge}.${answer}`

  const submit = (browser: HttpBrowser, token: string, path = '/account/login') =>
    browser.post(path, { otp_token: token })

  it('is set up, confirmed by its first answer and signs in', async () => {
    const person = await createTestUser(site, { app: false })
    const key = createBrowserKey()
    const browser = await givePassword(person)
    const page = await browser.get(ADD)
    expect(page.headers['content-security-policy']).toContain("script-src 'self'; connect-src 'self'")
    expect(page.text).toMatch(/data-kind="create" data-script="\/assets\/kind-browserkey\.[0-9a-f]{12}\.js"/)
    const begun = await browser.post(ADD, { name: 'Laptop', public_key: key.publicKey })
    const confirm = begun.location ?? ''
    const challenge = await requestChallenge(browser, `${confirm}/challenge`)
    const [, id = ''] = /browserkey\/(\d+)\/confirm/.exec(confirm) ?? []
    const device = { persistentId: `browserkey/${Number(id)}` } as const
    const done = await submit(browser, tokenOf(device, challenge, key.answer(challenge, site.baseUrl)), confirm)
    expect(done.location).toBe('/account/two-factor/setup/complete')

    const again = await givePassword(person)
    const next = await requestChallenge(again)
    const signedIn = await submit(again, tokenOf(device, next, key.answer(next, site.baseUrl)))
    expect(signedIn.location).toBe('/admin')
  })

  it('verifies again for a step-up', async () => {
    const { key, device, browser } = await arrive()
    const first = await requestChallenge(browser)
    await submit(browser, tokenOf(device, first, key.answer(first, site.baseUrl)))
    site.clock.advance(301)
    const path = '/account/verify?next=/account/two-factor'
    expect((await browser.get(path)).text).toContain('data-kind="answer"')
    const challenge = await requestChallenge(browser)
    const stepped = await submit(browser, tokenOf(device, challenge, key.answer(challenge, site.baseUrl)), path)
    expect(stepped).toMatchObject({ status: 303 })
    expect((await browser.get(ADD)).status).toBe(200)
  })

  it('sends a challenge and the public columns only to the user of the session', async () => {
    const { device, key, browser } = await arrive()
    const { challenge, devices } = JSON.parse((await browser.post(CHALLENGE)).text)
    expect(challenge).toMatch(/^[\w-]{43}$/)
    expect(devices).toEqual([{ id: device.persistentId, public_key: key.publicKey }])

    expect(await site.browser().post(CHALLENGE)).toMatchObject({ status: 401 })
    const withoutKey = await createTestUser(site)
    expect(await (await givePassword(withoutKey)).post(CHALLENGE)).toMatchObject({ status: 401 })
    expect(await browser.get(CHALLENGE)).toMatchObject({ status: 405 })
    const foreign = { method: 'POST', headers: { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' } }
    expect(await browser.visit(CHALLENGE, foreign)).toMatchObject({ status: 403, code: 'cross_origin' })
  })

  it('sends no challenge for the setup of another user, of a finished device or of an odd ID', async () => {
    const { user, device } = await arrive()
    const person = await createTestUser(site)
    const owner = await signIn(site, person)
    const begun = await owner.post(ADD, { name: 'Laptop', public_key: createBrowserKey().publicKey })
    const path = `${begun.location}/challenge`
    expect((await owner.post(path)).status).toBe(200)
    expect((await (await signIn(site, await createTestUser(site))).post(path)).status).toBe(404)
    expect((await site.browser().post(path)).status).toBe(302)
    expect((await (await givePassword(user)).post(path)).status).toBe(302)
    const ownDevice = await addKey(site.otp, person.id, createBrowserKey())
    for (const id of [device.id, ownDevice.id, 0, '1.5', 99_999_999_999, '%00'])
      expect((await owner.post(`/account/two-factor/browserkey/${id}/confirm/challenge`)).status).toBe(404)
  })

  describe('is not verified by an answer', () => {
    const attacks: [what: string, attack: (site: TestSite) => Promise<{ browser: HttpBrowser; token: string }>][] = [
      [
        'that was used before',
        async ({ baseUrl }) => {
          const { user, key, device, browser } = await arrive()
          const challenge = await requestChallenge(browser)
          const token = tokenOf(device, challenge, key.answer(challenge, baseUrl))
          await submit(browser, token)
          return { browser: await givePassword(user), token }
        },
      ],
      [
        'to the challenge of another session of the user',
        async ({ baseUrl }) => {
          const { user, key, device, browser } = await arrive()
          const challenge = await requestChallenge(await givePassword(user))
          await requestChallenge(browser)
          return { browser, token: tokenOf(device, challenge, key.answer(challenge, baseUrl)) }
        },
      ],
      [
        'to the earlier of two challenges of the session, from another tab',
        async ({ baseUrl }) => {
          const { key, device, browser } = await arrive()
          const challenge = await requestChallenge(browser)
          await requestChallenge(browser)
          return { browser, token: tokenOf(device, challenge, key.answer(challenge, baseUrl)) }
        },
      ],
      [
        'to a challenge from before the user entered the password again',
        async ({ baseUrl }) => {
          const { user, key, device, browser } = await arrive()
          const challenge = await requestChallenge(browser)
          await browser.post('/account/logout')
          await browser.post('/account/login', { username: user.email, password: user.password })
          return { browser, token: tokenOf(device, challenge, key.answer(challenge, baseUrl)) }
        },
      ],
      [
        'in a step-up, to the challenge of the sign-in',
        async ({ baseUrl }) => {
          const { user, key, device, browser } = await arrive(await createTestUser(site))
          const challenge = await requestChallenge(browser)
          await browser.post('/account/login', { otp_device: user.app?.persistentId ?? '', otp_token: user.code() })
          return { browser, token: tokenOf(device, challenge, key.answer(challenge, baseUrl)) }
        },
      ],
      [
        'if the session has requested no challenge',
        async ({ baseUrl }) => {
          const { user, key, device, browser } = await arrive()
          const challenge = await requestChallenge(await givePassword(user))
          return { browser, token: tokenOf(device, challenge, key.answer(challenge, baseUrl)) }
        },
      ],
      [
        'for another origin',
        async () => {
          const { key, device, browser } = await arrive()
          const challenge = await requestChallenge(browser)
          return { browser, token: tokenOf(device, challenge, key.answer(challenge, 'https://evil.example')) }
        },
      ],
      [
        'of another user’s device',
        async ({ baseUrl }) => {
          const { browser } = await arrive()
          const other = await arrive()
          const challenge = await requestChallenge(browser)
          return { browser, token: tokenOf(other.device, challenge, other.key.answer(challenge, baseUrl)) }
        },
      ],
      [
        'by the key of another device of the user',
        async ({ baseUrl }) => {
          const { user, device, browser } = await arrive()
          const { key } = await arrive(user)
          const challenge = await requestChallenge(browser)
          return { browser, token: tokenOf(device, challenge, key.answer(challenge, baseUrl)) }
        },
      ],
      [
        'to a challenge for a setup',
        async ({ baseUrl }) => {
          const { user, key, device, browser } = await arrive()
          const first = await requestChallenge(browser)
          await submit(browser, tokenOf(device, first, key.answer(first, baseUrl)))
          const begun = await browser.post(ADD, { name: 'Other', public_key: createBrowserKey().publicKey })
          const challenge = await requestChallenge(browser, `${begun.location}/challenge`)
          expect(user.id).toBe(device.userId)
          return { browser, token: tokenOf(device, challenge, key.answer(challenge, baseUrl)) }
        },
      ],
      [
        'after five minutes',
        async ({ baseUrl, clock }) => {
          const { key, device, browser } = await arrive()
          const challenge = await requestChallenge(browser)
          clock.advance(300)
          return { browser, token: tokenOf(device, challenge, key.answer(challenge, baseUrl)) }
        },
      ],
      [
        'that is too long',
        async () => {
          const { device, browser } = await arrive()
          return { browser, token: tokenOf(device, await requestChallenge(browser), 'A'.repeat(8100)) }
        },
      ],
      [
        'that is not a signature',
        async () => {
          const { device, browser } = await arrive()
          return { browser, token: tokenOf(device, await requestChallenge(browser), 'A'.repeat(86)) }
        },
      ],
      [
        'with an odd device',
        async ({ baseUrl }) => {
          const { key, browser } = await arrive()
          const challenge = await requestChallenge(browser)
          return { browser, token: `browserkey/9999999999.${challenge}.${key.answer(challenge, baseUrl)}` }
        },
      ],
      [
        'that names a device of another kind',
        async ({ baseUrl }) => {
          const { key, browser } = await arrive()
          const challenge = await requestChallenge(browser)
          return { browser, token: `totp/1.${challenge}.${key.answer(challenge, baseUrl)}` }
        },
      ],
    ]

    it.each(attacks)('%s', async (what, attack) => {
      const { browser, token } = await attack(site)
      const isSignedIn = what === 'to a challenge for a setup' || what.startsWith('in a step-up')
      const rejected = await submit(browser, token, isSignedIn ? '/account/verify' : '/account/login')
      expect(rejected).toMatchObject({ status: 422, code: 'invalid_token' })
      expect((await browser.get('/admin')).status).toBe(isSignedIn ? 200 : 302)
    })
  })

  describe('is not verified by the core, which has no session,', () => {
    /** Verifies an answer to a challenge for `userId` against a device. */
    async function verify(
      purpose: 'add' | 'verify',
      userId: number,
      { device, token: named, key }: { device: Device; token: Device; key: BrowserKey },
    ) {
      const { id, challenge } = await createChallenge(site.otp, purpose, { userId, kind: kind.name })
      const token = tokenOf(named, challenge, key.answer(challenge, site.baseUrl))
      const submission = { userId: device.userId, deviceId: device.persistentId, token, challenge: id }
      return await verifyToken(site.otp, submission)
    }

    it('but with the right challenge it is', async () => {
      const { user, key, device } = await arrive()
      expect(await verify('verify', user.id, { device, token: device, key })).toMatchObject({ ok: true })
    })

    it('with a challenge for a setup', async () => {
      const { user, key, device } = await arrive()
      const verification = await verify('add', user.id, { device, token: device, key })
      expect(verification).toMatchObject({ ok: false, reason: 'invalid_token' })
    })

    it('with a challenge for another user', async () => {
      const { key, device } = await arrive()
      const other = await arrive()
      const verification = await verify('verify', other.user.id, { device, token: device, key })
      expect(verification).toMatchObject({ ok: false, reason: 'invalid_token' })
    })

    it('with a challenge for security keys', async () => {
      const { user, key, device } = await arrive()
      const { id, challenge } = await createChallenge(site.otp, 'verify', { userId: user.id })
      const token = tokenOf(device, challenge, key.answer(challenge, site.baseUrl))
      const submission = { userId: user.id, deviceId: device.persistentId, token, challenge: id }
      expect(await verifyToken(site.otp, submission)).toMatchObject({ ok: false, reason: 'invalid_token' })
    })

    it('with a challenge for another custom kind', async () => {
      const { user, key, device } = await arrive()
      const { id, challenge } = await createChallenge(site.otp, 'verify', { userId: user.id, kind: 'otherkey' })
      const token = tokenOf(device, challenge, key.answer(challenge, site.baseUrl))
      const submission = { userId: user.id, deviceId: device.persistentId, token, challenge: id }
      expect(await verifyToken(site.otp, submission)).toMatchObject({ ok: false, reason: 'invalid_token' })
    })

    it('with a token that names another device with the same key', async () => {
      const { user, key, device } = await arrive()
      const twin = await addKey(site.otp, user.id, key)
      const verification = await verify('verify', user.id, { device, token: twin, key })
      expect(verification).toMatchObject({ ok: false, reason: 'invalid_token' })
    })
  })

  // A browser never puts anything but base64url into a challenge; a program can.
  it.each(['', 'browserkey:', 'browserkey.'])(
    'has challenges that a security key cannot answer, with %j in front of them',
    async (prefix) => {
      const { user } = await arrive()
      const { device, key } = await addSoftwareKey(site.otp, user.id)
      const { id, challenge } = await createChallenge(site.otp, 'verify', { userId: user.id, kind: kind.name })
      const token = key.answer({ challenge: `${prefix}${challenge}`, origin: site.baseUrl })
      const submission = { userId: user.id, deviceId: device.persistentId, token, challenge: id }
      expect(await verifyToken(site.otp, submission)).toMatchObject({ ok: false, reason: 'invalid_token' })

      const toAdd = await createChallenge(site.otp, 'add', { userId: user.id, kind: kind.name })
      const response = createSoftwareKey().create({ challenge: `${prefix}${toAdd.challenge}`, origin: site.baseUrl })
      const added = await addWebauthnDevice(site.otp, { userId: user.id, name: 'Key', response, challenge: toAdd.id })
      expect(added).toMatchObject({ ok: false, reason: 'key_refused' })
    },
  )

  it('accepts an answer that is sent five times at once only once', async () => {
    const { key, device, browser } = await arrive()
    const challenge = await requestChallenge(browser)
    const token = tokenOf(device, challenge, key.answer(challenge, site.baseUrl))
    const tabs = ['1', '2', '3', '4', '5'].map((next) =>
      browser.post('/account/login', { otp_token: token, next: `/account/two-factor?${next}` }),
    )
    const accepted = (await Promise.all(tabs)).filter(({ location }) => location?.startsWith('/account/two-factor'))
    expect(accepted).toHaveLength(1)
  })

  it('gets no challenge for a user who was deactivated or whose sessions were ended', async () => {
    for (const change of ['is_active = false', 'auth_epoch = auth_epoch + 1']) {
      const { user, browser } = await arrive()
      const path = CHALLENGE
      expect((await browser.post(path)).status).toBe(200)
      await database.pool.query(`update users set ${change} where id = $1`, [user.id])
      expect((await browser.post(path)).status).toBe(401)
    }
  })

  it('cannot sign in together with the password in one form', async () => {
    const { user, key, device, browser } = await arrive()
    const challenge = await requestChallenge(browser)
    const token = tokenOf(device, challenge, key.answer(challenge, site.baseUrl))
    const form = { username: user.email, password: user.password, otp_token: token }
    expect(await browser.post('/account/login', form)).toMatchObject({ status: 422, code: 'invalid_token' })
  })

  it.each(['', 'x', 'A'.repeat(201), Buffer.from('{}').toString('base64url')])(
    'is not set up with the key %j',
    async (publicKey) => {
      const browser = await signIn(site, await createTestUser(site))
      const { status } = await browser.post(ADD, { name: 'Laptop', public_key: publicKey })
      expect(status).toBe(publicKey.length > 200 ? 400 : 422)
    },
  )
})
