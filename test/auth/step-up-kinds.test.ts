import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSite } from '../security/open-site.js'
import { preferredDatabase } from '../support/database.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { type Deliveries, startDeliveries } from '../support/deliveries.js'
import { createTestUser, signIn, type TestSite } from '../support/site.js'
import type { SoftwareKey } from '../support/software-key.js'
import { addSoftwareKey } from '../support/webauthn.js'
import { asApiClient } from './host-site.js'

const VERIFY = '/account/verify'

describe('the step-up over JSON, with a security key', () => {
  let site: TestSite
  beforeAll(async () => {
    site = await openSite({ BASE_URL: 'http://localhost:0' })
  })
  afterAll(() => site.close())

  /** A user with an app and a key, who signed in with the app. */
  const owner = async () => {
    const person = await createTestUser(site)
    const { device, key } = await addSoftwareKey(site.otp, person.id)
    return { person, device, key, browser: await signIn(site, person) }
  }
  const answerOf = async (browser: HttpBrowser, key: SoftwareKey) => {
    const options = await browser.post('/account/login/security-key')
    return key.answer({ ...JSON.parse(options.text), origin: site.baseUrl })
  }

  it('lists the key, accepts its answer, and records it as that kind', async () => {
    const { browser, device, key } = await owner()
    const script = asApiClient(browser)
    const address = `${VERIFY}?kinds=webauthn`
    expect(JSON.parse((await script.get(address)).text)).toEqual({
      devices: [{ id: device.persistentId, kind: 'webauthn', name: device.name, interactive: false }],
      kinds: ['webauthn'],
    })
    const [detailed] = JSON.parse((await script.get(`${address}&inputs=1`)).text).devices
    expect(detailed).toMatchObject({ id: device.persistentId, isBackup: false, input: 'browser_key' })
    const answer = await script.post(address, { otp_token: await answerOf(browser, key) })
    expect(answer).toMatchObject({ status: 200, text: '{"verified":true}' })
  })

  it('rejects its answer if an app is required, and keeps the challenge open', async () => {
    const { browser, key } = await owner()
    const script = asApiClient(browser)
    const token = await answerOf(browser, key)
    expect(await script.post(`${VERIFY}?kinds=totp`, { otp_token: token })).toMatchObject({
      status: 422,
      code: 'wrong_kind',
    })
    expect((await script.post(VERIFY, { otp_token: token })).text).toBe('{"verified":true}')
  })

  it('names an answer that is sent again', async () => {
    const { browser, key } = await owner()
    const script = asApiClient(browser)
    const token = await answerOf(browser, key)
    await script.post(VERIFY, { otp_token: token })
    expect(await script.post(VERIFY, { otp_token: token })).toMatchObject({ status: 422, code: 'invalid_token' })
  })
})

describe('the step-up over JSON, with a device that sends codes', () => {
  let site: TestSite
  let deliveries: Deliveries
  beforeAll(async () => {
    site = await openSite({ OTP_EMAIL: 'true' })
    deliveries = startDeliveries(site.database, site, { embedded: preferredDatabase() === 'embedded' })
  })
  afterAll(async () => {
    await deliveries.stop()
    await site.close()
  })

  it('sends one, and says how long to wait for the next', async () => {
    const person = await createTestUser(site)
    const { rows } = await site.database.pool.query(
      `insert into email_devices (user_id, name, confirmed, email) values ($1, 'Mail', true, $2) returning id`,
      [person.id, person.email],
    )
    const id = `email/${rows[0].id}`
    const script = asApiClient(await signIn(site, person))
    expect(JSON.parse((await script.get(VERIFY)).text).devices).toContainEqual({
      id,
      kind: 'email',
      name: 'Mail',
      interactive: true,
    })
    const asked = { otp_device: id, otp_challenge: 'send' }
    expect(await script.post(VERIFY, asked)).toMatchObject({ status: 200, text: '{"challenged":true}' })
    const again = await script.post(VERIFY, asked)
    expect(again).toMatchObject({ status: 429, code: 'cooldown_pending' })
    expect(Number(again.headers['retry-after'])).toBeGreaterThan(0)
    const app = { otp_device: person.app?.persistentId ?? '', otp_challenge: 'send' }
    expect(await script.post(VERIFY, app)).toMatchObject({ status: 422, code: 'not_interactive' })
  })
})
