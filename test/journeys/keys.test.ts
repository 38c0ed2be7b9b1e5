import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import { migrate } from '../../src/db/migrate.js'
import { mailSchema } from '../../src/notify/mails.js'
import { openPayload } from '../../src/notify/seal-payload.js'
import { addPhoneDevice } from '../../src/kinds/phone/add-device.js'
import { generateChallenge } from '../../src/otp/challenges/generate-challenge.js'
import { rotateKeys } from '../../src/otp/rotate-keys.js'
import { openTestDatabase } from '../support/database.js'
import { createTestUser, type TestUser, signIn, type TestSite } from '../support/site.js'
import { factors, K1, K2, K3, kind, type Keys, secretKeySteps } from '../support/secret-keys.js'

const login = '/account/login'
const profile = '/account/two-factor'

describe('the life of a secret key', () => {
  let database: Database
  const { clock, start, enrol, tokenFor, enter, leadsOf } = secretKeySteps(() => database)
  beforeAll(async () => {
    database = await openTestDatabase()
    await migrate(database, [kind])
  })
  afterAll(() => database.close())

  describe('a retired key', () => {
    it.each(factors)('does not force anyone to enrol again: %s', async (factor) => {
      const owner = await enrol(await start([K1]))
      const { otp } = await start([K2, K1])
      const { keys } = await rotateKeys(otp)
      const own = keys.filter(({ keyId }) => otp.keys.ids.includes(keyId))
      expect(own.map(({ state }) => state)).toEqual(['newest', 'free'])
      expect((await enter(await start([K2]), owner, factor)).location).toBe('/admin')
    })

    it('can be followed by another one, and another', async () => {
      const owner = await enrol(await start([K1]))
      await rotateKeys((await start([K2, K1])).otp)
      await rotateKeys((await start([K3, K2])).otp)
      const site = await start([K3])
      expect(await leadsOf(site, owner)).toEqual(factors.map((factor) => [factor, '/admin']))
    })

    it('ends no session and loses no form that was saved for a token', async () => {
      const before = await start([K1])
      const owner = await enrol(before)
      const browser = await signIn(before, owner)
      clock.advance(400)
      const change = { password: owner.password, new_password: 'quite another passphrase' }
      const kept = await browser.post('/account/password/change', change)
      expect(kept.location).toMatch(/^\/account\/verify/)

      await rotateKeys((await start([K2, K1])).otp)
      const after = await start([K2])
      const moved = after.browser()
      for (const [name, value] of browser.cookies) moved.cookies.set(name, value)
      expect((await moved.get(profile)).status).toBe(200)
      const form = { ...tokenFor(owner, 'totp'), next: '/account/password/change' }
      expect((await moved.post('/account/verify', form)).location).toBe(`${profile}?done=password_changed`)
    })

    it('invalidates no link in an email', async () => {
      const before = await start([K1])
      const owner = await enrol(before)
      const link = await askForReset(before, owner)
      await rotateKeys((await start([K2, K1])).otp)
      expect((await (await start([K2])).browser().get(link)).status).toBe(200)
    })

    it('still lets a trusted browser in without a token', async () => {
      const before = await start([K1], { TRUST_BROWSER_DAYS: '30' })
      const owner = await enrol(before)
      const browser = await signIn(before, owner)
      await browser.post(`${profile}/browsers/trust`, { trust_browser: 'on' })
      await rotateKeys((await start([K2, K1])).otp)
      const after = await start([K2], { TRUST_BROWSER_DAYS: '30' })
      const again = after.browser()
      again.cookies.set('otp_trusted', browser.cookies.get('otp_trusted') ?? '')
      const answer = await again.post(login, { username: owner.email, password: owner.password })
      expect(answer.location).toBe('/admin')
    })

    it('still verifies the signatures of its sessions for a day, and no longer', async () => {
      const { ids } = (await start([K1])).otp.keys
      await rotateKeys((await start([K2, K1])).otp)
      const soon = await start([K2])
      expect(soon.otp.keys.sessionSecrets).toHaveLength(2)
      clock.advance(24 * 3600)
      expect((await start([K2])).otp.keys.sessionSecrets).toHaveLength(1)
      expect(ids).toHaveLength(1)
    })

    it('is replaced row by row: running the rotation twice changes nothing, and a newer value stays', async () => {
      const owner = await enrol(await start([K1]))
      const { otp } = await start([K2, K1])
      expect((await rotateKeys(otp)).moved).toBeGreaterThanOrEqual(3)
      expect((await rotateKeys(otp)).moved).toBe(0)
      const named = await database.pool.query<{ key: string }>(
        `select split_part(secret, '.', 2) as key from totp_devices where id = $1`,
        [owner.app?.id],
      )
      expect(named.rows).toEqual([{ key: otp.keys.ids[0] }])
    })

    it('leaves no queued email unreadable, as they are encrypted again', async () => {
      const before = await start([K1])
      const owner = await enrol(before)
      const link = await askForReset(before, owner)
      await rotateKeys((await start([K2, K1])).otp)
      expect(linkIn(await start([K2]), await lastJob())).toBe(link)
    })

    it('is reported as needed, and stays, if a row cannot be decrypted with it', async () => {
      const owner = await enrol(await start([K1]))
      const copied = `update totp_devices set secret = (select secret from totp_devices where id <> $1
        and split_part(secret, '.', 2) = (select split_part(secret, '.', 2) from totp_devices where id = $1) limit 1) where id = $1`
      await enrol(await start([K1]))
      await database.pool.query(copied, [owner.app?.id])
      const site = await start([K2, K1])
      const { keys } = await rotateKeys(site.otp)
      expect(keys[1]).toMatchObject({ state: 'needed', uses: [{ table: 'totp_devices', rows: 1 }] })
      expect(await enter(site, owner, 'totp')).toMatchObject({ status: 422, code: 'verification_not_allowed' })
      await database.pool.query('delete from totp_devices where id = $1', [owner.app?.id])
    })
  })

  describe('a limit', () => {
    let used = 0
    const rotations: [string, Keys[]][] = [
      ['the new key is added in front', [[K1], [K2, K1]]],
      ['the new key is added behind, then moved to the front', [[K1], [K1, K2], [K2, K1]]],
      ['the old key is removed after a rotation', [[K1], [K2, K1], [K2]]],
    ]

    it.each(rotations)('on password reset links continues if %s', async (_how, steps) => {
      const username = `nobody${(used += 1)}@example.com`
      const forgot = '/account/password/forgot'
      const [first = [K1], ...later] = steps
      const before = await start(first)
      for (let requests = 0; requests < 5; requests += 1)
        expect((await before.browser().post(forgot, { username })).status).toBe(303)
      for (const keys of later) {
        const site = await start(keys)
        await rotateKeys(site.otp)
        const answer = await site.browser().post(forgot, { username })
        expect(answer.status).toBe(429)
        expect(Number(answer.headers['retry-after'])).toBeGreaterThan(3000)
      }
    })

    it.each(rotations)('on codes to one number continues if %s', async (_how, steps) => {
      const [first = [K1], ...later] = steps
      const before = await start(first)
      const number = `+4179${String((used += 1)).padStart(7, '0')}`
      const owner = await createTestUser(before)
      const phone = { userId: owner.id, name: 'Phone', confirmed: true, number, method: 'sms' } as const
      const { persistentId: deviceId } = await addPhoneDevice(before.otp, undefined, phone)
      const send = (site: TestSite) => generateChallenge(site.otp, { userId: owner.id, deviceId, language: 'en' })
      for (let sends = 0; sends < 10; sends += 1) {
        expect(await send(before)).toMatchObject({ ok: true })
        clock.advance(31)
      }
      // The owner's own limit must not hide that of the number.
      await database.pool.query('update challenge_sends set user_id = $2 where user_id = $1', [
        owner.id,
        (await createTestUser(before)).id,
      ])
      for (const keys of later) {
        const site = await start(keys)
        await rotateKeys(site.otp)
        expect(await send(site)).toMatchObject({ ok: false, reason: 'cooldown_pending' })
      }
    })
  })

  describe('two processes with the same keys in another order', () => {
    const wrong = (site: TestSite, username: string) =>
      site.browser().post(login, { username, password: 'a wrong one' })

    it.each(['of an account', 'of an address that nobody has'])('share the limit on passwords %s', async (whose) => {
      const [one, two] = [await start([K1, K2]), await start([K2, K1])]
      const username = whose === 'of an account' ? (await createTestUser(one)).email : 'nobody@example.com'
      const inTurn: number[] = []
      for (let attempt = 0; attempt < 12; attempt += 1)
        inTurn.push((await wrong(attempt % 2 === 0 ? one : two, username)).status)
      expect(inTurn).toEqual([...Array.from({ length: 10 }, () => 422), 429, 429])
    })

    it('share that limit for concurrent requests', async () => {
      const sites = [await start([K1, K2]), await start([K2, K1])]
      const { email } = await createTestUser(await start([K1, K2]))
      const answers = await Promise.all(
        Array.from({ length: 12 }, () => sites.map((site) => wrong(site, email))).flat(),
      )
      expect(answers.filter(({ status }) => status === 422).length).toBeLessThanOrEqual(10)
      expect(answers.every(({ status }) => status === 422 || status === 429)).toBe(true)
    })
  })

  it('ends a session from a page that was rendered by a process with another primary key', async () => {
    const one = await start([K1, K2])
    const owner = await enrol(one)
    const [ended, mine] = [await signIn(one, owner), await signIn(one, owner)]
    const page = (await mine.get(profile)).text
    const [, handle = ''] = /name="session" value="([^"]+)"/.exec(page) ?? []
    const other = (await start([K2, K1])).browser()
    for (const [name, value] of mine.cookies) other.cookies.set(name, value)
    expect((await other.post(`${profile}/sessions/end`, { session: handle })).status).toBe(303)
    expect((await ended.get(profile)).status).toBe(302)
  })

  const lastJob = async (): Promise<unknown> => {
    const sql = `select payload from graphile_worker._private_jobs order by id desc limit 1`
    return (await database.pool.query<{ payload: unknown }>(sql)).rows[0]?.payload
  }

  /** The path of the link in a queued email. */
  function linkIn({ otp }: TestSite, payload: unknown): string {
    const mail = mailSchema.parse(openPayload(otp.keys, 'send-mail', payload).content)
    return 'link' in mail ? new URL(mail.link).pathname : ''
  }

  /** The email is made after the response, so this waits for it. */
  async function askForReset(site: TestSite, { email }: TestUser): Promise<string> {
    const before = JSON.stringify(await lastJob())
    await site.browser().post('/account/password/forgot', { username: email })
    await expect.poll(async () => JSON.stringify(await lastJob()), { timeout: 100_000 }).not.toBe(before)
    return linkIn(site, await lastJob())
  }
})
