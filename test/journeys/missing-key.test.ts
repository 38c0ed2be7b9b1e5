import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import { migrate } from '../../src/db/migrate.js'
import { matchToken } from '../../src/otp/tokens/match-token.js'
import { rotateKeys } from '../../src/otp/rotate-keys.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { openTestDatabase } from '../support/database.js'
import { createTestUser, signIn, type TestSite } from '../support/site.js'
import { deviceModels } from '../support/device-models.js'
import { factors, K1, K2, K3, kind, secretKeySteps } from '../support/secret-keys.js'

const login = '/account/login'
const profile = '/account/two-factor'

describe('the life of a secret key', () => {
  let database: Database
  const { clock, start, enrol, enter, leadsOf } = secretKeySteps(() => database)
  beforeAll(async () => {
    database = await openTestDatabase()
    await migrate(database, [kind])
  })
  afterAll(() => database.close())

  describe('while a key is missing', () => {
    it.each(factors)('rejects %s with a reason, counts no failure and consumes nothing', async (factor) => {
      const owner = await enrol(await start([K1]))
      const site = await start([K2])
      const answer = await enter(site, owner, factor)
      expect(answer).toMatchObject({ status: 422, code: 'verification_not_allowed' })
      expect(answer.text).toContain('a key is missing on our side')
      expect(answer.text).toContain('contact an administrator')
      const { rows } = await database.pool.query<{ failures: number }>(
        `select failure_count as failures from ${factor}_devices where user_id = $1`,
        [owner.id],
      )
      expect(rows.every(({ failures }) => failures === 0)).toBe(true)
      expect((await database.models.User.findByPk(owner.id))?.token_failed_at).toEqual([])
      expect(await deviceModels(database).StaticToken.count({ where: { device_id: owner.backup?.id ?? 0 } })).toBe(4)
    })

    it('accepts devices that do not need it, and those enrolled since', async () => {
      const owner = await enrol(await start([K1]))
      const site = await start([K2])
      const later = await enrol(site)
      expect(await leadsOf(site, later)).toEqual(factors.map((factor) => [factor, '/admin']))
      expect((await enter(site, owner, 'totp')).code).toBe('verification_not_allowed')
    })

    it('rejects a token in the password step, and one in matchToken, without an error', async () => {
      const owner = await enrol(await start([K1]))
      const site = await start([K2])
      const form = { username: owner.email, password: owner.password, otp_token: owner.code() }
      expect((await site.browser().post(login, form)).status).toBe(422)
      const outcome = await matchToken(site.otp, { userId: owner.id, token: owner.backupTokens[0] ?? '' })
      expect(outcome).toMatchObject({ ok: false, reason: 'verification_not_allowed' })
    })

    it('answers no page, panel, setup in progress or saved form with 500', async () => {
      const before = await start([K1])
      const owner = await createTestUser(before, { superuser: true, backupTokens: 1 })
      const browser = await signIn(before, owner)
      clock.advance(400)
      await browser.post('/account/password/change', { password: owner.password, new_password: 'another passphrase' })
      const person = await createTestUser(before, { app: false })
      const fresh = before.browser()
      await fresh.post(login, { username: person.email, password: person.password })
      await fresh.post(`${profile}/setup`, { method: 'totp' })

      const site = await start([K2])
      const paths = [profile, '/admin', '/admin/api/resources/totp_devices/actions/list', `${profile}/setup`]
      const more = [`${profile}/qrcode`, `${profile}/backup-tokens`, `${profile}/sessions`, '/account/verify']
      const faults = []
      for (const from of [browser, fresh]) faults.push(...(await faultsAt(site, from, [...paths, ...more])))
      expect(faults).toEqual([])
      expect(site.log.filter((line) => line.includes('"level":50')).every((line) => line.includes('key'))).toBe(true)
    })

    it('logs the ID of the key once, and no secret', async () => {
      const before = await start([K1])
      const owner = await enrol(before)
      const [keyId = ''] = before.otp.keys.ids
      const site = await start([K2])
      await enter(site, owner, 'totp')
      await enter(site, owner, 'hotp')
      const lines = site.log.filter((line) => line.includes('something is encrypted with a key'))
      expect(lines).toHaveLength(1)
      expect(lines[0]).toContain(keyId)
      expect(site.log.join('')).not.toContain(K1.toString('base64').slice(0, 20))
    })

    it('starts, and reports which keys are missing', async () => {
      const before = await start([K1])
      const [keyId = ''] = before.otp.keys.ids
      await enrol(before)
      const site = await start([K3, K2])
      expect(site.log.some((line) => line.includes('not in SECRET_KEYS') && line.includes(keyId))).toBe(true)
      expect((await site.browser().get(login)).status).toBe(200)
    })

    it('reports it as missing in a rotation, with what needs it', async () => {
      const before = await start([K1])
      await enrol(before)
      const [keyId = ''] = before.otp.keys.ids
      const { keys } = await rotateKeys((await start([K2])).otp)
      const lost = keys.find((key) => key.keyId === keyId)
      expect(lost).toMatchObject({ state: 'missing' })
      expect(lost?.uses.map(({ table }) => table)).toEqual(
        expect.arrayContaining(['totp_devices', 'hotp_devices', 'word_devices', 'static_tokens']),
      )
    })
  })

  /** The pages that answer 500 to a browser that comes from another process. */
  async function faultsAt(site: TestSite, from: HttpBrowser, paths: readonly string[]): Promise<string[]> {
    const faults = []
    for (const path of paths) {
      const moved = site.browser()
      for (const [name, value] of from.cookies) moved.cookies.set(name, value)
      if ((await moved.get(path)).status >= 500) faults.push(path)
    }
    return faults
  }
})
