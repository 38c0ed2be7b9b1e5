import express, { type Express } from 'express'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Auth } from '../../src/auth/auth.js'
import { login } from '../../src/auth/login.js'
import { noClient } from '../../src/client-info.js'
import type { Device } from '../../src/otp/device.js'
import { persistentId } from '../../src/otp/devices/persistent-id.js'
import { verifyToken } from '../../src/otp/tokens/verify-token.js'
import { signInRequester } from '../security/requesters.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { createTestUser, signIn, type TestSite } from '../support/site.js'
import { openHostSite } from './host-site.js'

/** The device with which the host's route verifies a session, regardless of what `verifyToken` would return. */
const claimed = new Map<string, Pick<Device, 'kind' | 'persistentId'>>()

function declareHost(host: Express, auth: Auth): void {
  // A host's own token page.
  host.post('/own-token', express.urlencoded(), async (req, res) => {
    const { device: deviceId = '', token = '' } = req.body
    const verification = await verifyToken(auth.otp, { userId: req.user?.id ?? 0, deviceId, token, client: noClient })
    if (!verification.ok) return void res.status(422).json(verification)
    const outcome = await login(auth, req, verification.device)
    res.json({ outcome, verified: req.user?.isVerified(), device: req.user?.otpDevice, level: req.auth.level })
  })
  host.post('/claim', express.urlencoded(), async (req, res) => {
    const device = claimed.get(String(req.body.claim))
    if (!device) throw new Error('nothing was claimed')
    const outcome = await login(auth, req, device)
    res.json({ outcome, verified: req.user?.isVerified() })
  })
}

let site: TestSite
beforeAll(async () => {
  // If the policy requires a second factor, the site's own token step comes before every page of the host.
  site = await openHostSite(declareHost, { OTP_POLICY: 'off' })
})
afterAll(() => site.close())

const cookieOf = (browser: HttpBrowser) => browser.cookies.get('otp_session')
const sessionsOf = async (userId: number) =>
  (await site.database.pool.query(`select sid, sess from sessions where sess ->> 'userId' = $1`, [String(userId)])).rows

/** Signed in, with an app that was added after the password. */
async function unverified() {
  const { browser, person } = await signInRequester(site, 'staff without a device')
  const other = await createTestUser(site)
  await site.database.pool.query('update totp_devices set user_id = $1 where user_id = $2', [person.id, other.id])
  return { browser, person, device: other.app?.persistentId ?? '', code: other.code }
}

const claim = (browser: HttpBrowser, device: Pick<Device, 'kind' | 'persistentId'>) => {
  claimed.set(device.persistentId, device)
  return browser.post('/claim', { claim: device.persistentId })
}

describe('login', () => {
  it("verifies the session with the user's own device, for this request and the next ones, under a new ID", async () => {
    const { browser, device, code } = await unverified()
    const old = cookieOf(browser)
    const answer = await browser.post('/own-token', { device, token: code() })
    expect(JSON.parse(answer.text)).toEqual({ outcome: { ok: true }, verified: true, device, level: 'verified' })
    expect(cookieOf(browser)).not.toBe(old)
    expect((await browser.get('/admin')).status).toBe(200)
    const thief = site.browser()
    thief.cookies.set('otp_session', old ?? '')
    expect((await thief.get('/admin')).status).toBe(302)
  })

  it('keeps the factors passed before, and nothing else of the unverified session', async () => {
    const { browser, person, device, code } = await unverified()
    await site.database.pool.query(
      `update sessions set sess = jsonb_set(sess::jsonb, '{setup}', '{"device":"totp/1","at":1}') where sess ->> 'userId' = $1`,
      [String(person.id)],
    )
    await browser.post('/own-token', { device, token: code() })
    const [{ sess }] = await sessionsOf(person.id)
    expect(sess.factors).toEqual([
      expect.objectContaining({ kind: 'password', device: null }),
      expect.objectContaining({ kind: 'totp', device, how: 'typed' }),
    ])
    expect(sess.setup).toBeUndefined()
  })

  it("rejects another user's device and changes nothing", async () => {
    const { browser, person } = await unverified()
    const other = await createTestUser(site)
    if (!other.app) throw new Error('no app')
    const before = [cookieOf(browser), await sessionsOf(person.id)]
    const lie = { ...other.app, userId: person.id }
    expect(JSON.parse((await claim(browser, lie)).text)).toEqual({
      outcome: { ok: false, reason: 'not_own_device' },
      verified: false,
    })
    expect([cookieOf(browser), await sessionsOf(person.id)]).toEqual(before)
    expect((await browser.get('/admin')).status).toBe(302)
  })

  it('rejects a device that is not active or does not exist', async () => {
    const { browser, device } = await unverified()
    await site.database.pool.query('update totp_devices set confirmed = false where id = $1', [device.slice(5)])
    for (const id of [Number(device.slice(5)), 2_000_000_000]) {
      const answer = await claim(browser, { kind: 'totp', persistentId: persistentId('totp', id) })
      expect(JSON.parse(answer.text).outcome).toEqual({ ok: false, reason: 'not_own_device' })
    }
  })

  it('rejects anyone who is not signed in', async () => {
    const { browser, person } = await signInRequester(site, 'pending')
    if (!person.app) throw new Error('no app')
    for (const each of [browser, site.browser()])
      expect(JSON.parse((await claim(each, person.app)).text)).toEqual({
        outcome: { ok: false, reason: 'not_authenticated' },
      })
  })

  it('verifies only one of two at the same moment', async () => {
    const { browser, device } = await unverified()
    const twin = site.browser()
    for (const [name, value] of browser.cookies) twin.cookies.set(name, value)
    const own = { kind: 'totp', persistentId: persistentId('totp', Number(device.slice(5))) }
    const outcomes = await Promise.all([browser, twin].map(async (each) => JSON.parse((await claim(each, own)).text)))
    const reasons = outcomes.map(({ outcome }) => outcome.reason ?? 'verified')
    expect(reasons.filter((reason) => reason === 'verified')).toHaveLength(1)
  })

  it('is a step-up if the session was already verified, and does not make it younger', async () => {
    const person = await createTestUser(site)
    const browser = await signIn(site, person)
    const [before] = await sessionsOf(person.id)
    site.clock.advance(60)
    const emitted: string[] = []
    const stop = [
      site.otp.events.on('stepUp', ({ userId }) => void (userId === person.id && emitted.push('stepUp'))),
      site.otp.events.on('signedIn', ({ userId }) => void (userId === person.id && emitted.push('signedIn'))),
    ]
    await browser.post('/own-token', { device: person.app?.persistentId ?? '', token: person.code() })
    for (const off of stop) off()
    const [after] = await sessionsOf(person.id)
    expect(emitted).toEqual(['stepUp'])
    expect(after.sid).not.toBe(before.sid)
    expect(after.sess.signedInAt).toBe(before.sess.signedInAt)
  })
})

describe('a factor in a session', () => {
  const write = async (userId: number, factors: object[]) =>
    site.database.pool.query(
      `update sessions set sess = jsonb_set(sess::jsonb, '{factors}', $2::jsonb) where sess ->> 'userId' = $1`,
      [String(userId), JSON.stringify(factors)],
    )
  const passed = (device: string) => ({ kind: 'totp', device, at: site.clock.now().getTime(), how: 'typed' })

  it.each<[string, (other: string) => string]>([
    ['another user’s device', (other) => other],
    ['a device that there is none of', () => 'totp/2000000000'],
    ['an unknown kind', () => 'nope/1'],
    ['no device at all', () => 'otp_totp.totpdevice/1'],
  ])('of %s verifies nobody, and is removed from the session', async (_, deviceOf) => {
    const { browser, person } = await signInRequester(site, 'staff without a device')
    const other = await createTestUser(site)
    await write(person.id, [passed(deviceOf(other.app?.persistentId ?? ''))])
    expect((await browser.get('/admin')).status).toBe(302)
    const [{ sess }] = await sessionsOf(person.id)
    expect(sess.factors).toEqual([])
  })
})
