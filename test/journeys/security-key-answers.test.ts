import { describe, expect, it } from 'vitest'
import type { Ceremony } from '../support/software-key.js'
import { useSecurityKeys } from '../support/security-keys.js'

const login = '/account/login'

describe('security keys', () => {
  const { afterPassword, asked, keyOwner, rowOf, site } = useSecurityKeys()
  const refusals = async (userId: number) =>
    (
      await site().database.pool.query(
        "select details from audit_events where event = 'token_refused' and user_id = $1 order by id",
        [userId],
      )
    ).rows.map(({ details }) => details)

  describe('an answer is rejected', () => {
    const refused = { status: 422, code: 'invalid_token' }

    it.each<[string, Partial<Ceremony>]>([
      ['from a foreign origin', { origin: 'http://localhost.evil.example' }],
      ['from another port of this host', { origin: 'http://localhost:1' }],
      ['for another relying party', { rpId: 'evil.example' }],
      ['inside a frame of another site', { crossOrigin: true }],
      ['to another challenge', { challenge: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' }],
      ['by a ceremony of another type', { type: 'webauthn.create' }],
      ['without a touch', { userPresent: false }],
      ['with another owner’s handle', { userHandle: 'AAAA' }],
      ['backed up and not to be backed up (WebAuthn §6.1.3)', { backedUp: true }],
      ['with a token binding of an unknown status', { moreClientData: { tokenBinding: { status: 'maybe' } } }],
    ])('%s', async (_what, wrong) => {
      const { person, key } = await keyOwner()
      const browser = await afterPassword(person)
      const token = key.answer({ ...(await asked(browser)), ...wrong })
      const answer = await browser.post(login, { otp_token: token })
      expect(answer).toMatchObject(refused)
      expect(answer.text).toContain('That security key wasn&#39;t accepted')
      expect((await browser.get('/admin')).status).toBe(302)
    })

    it('with a changed signature', async () => {
      const { person, key } = await keyOwner()
      const browser = await afterPassword(person)
      const token = JSON.parse(key.answer(await asked(browser)))
      token.response.signature = JSON.parse(key.answer({ challenge: 'AAAA' })).response.signature
      expect(await browser.post(login, { otp_token: JSON.stringify(token) })).toMatchObject(refused)
    })

    it("from another user's key, which counts nothing against the owner of that key", async () => {
      const { person } = await keyOwner()
      const other = await keyOwner()
      const browser = await afterPassword(person)
      const token = other.key.answer(await asked(browser))
      expect(await browser.post(login, { otp_token: token })).toMatchObject(refused)
      const named = other.key.answer(await asked(browser))
      expect(await browser.post(login, { otp_token: named, otp_device: other.device.persistentId })).toMatchObject(
        refused,
      )
      expect(await rowOf(other.device.id)).toMatchObject({ failure_count: 0, last_used_at: null })
    })

    it('when it is sent again, in this session or in another', async () => {
      const { person, key } = await keyOwner()
      const browser = await afterPassword(person)
      const token = key.answer(await asked(browser))
      expect((await browser.post(login, { otp_token: token })).status).toBe(303)
      const thief = await afterPassword(person)
      expect(await thief.post(login, { otp_token: token })).toMatchObject(refused)
      await asked(thief)
      expect(await thief.post(login, { otp_token: token })).toMatchObject(refused)
    })

    it('but accepted once when it is sent ten times at once', async () => {
      const { person, key } = await keyOwner()
      const browser = await afterPassword(person)
      const token = key.answer(await asked(browser))
      const cookie = `otp_session=${browser.cookies.get('otp_session')}`
      const posts = Array.from({ length: 10 }, () => {
        const racer = site().browser()
        return racer.visit(login, { method: 'POST', form: { otp_token: token }, headers: { Cookie: cookie } })
      })
      const answers = await Promise.all(posts)
      const sessions = answers.map(({ headers }) => /otp_session=[^;]+/.exec(String(headers['set-cookie']))?.[0])
      expect(new Set(sessions).size).toBe(1)
      const { rows } = await site().database.pool.query("select 1 from sessions where sess ->> 'userId' = $1", [
        String(person.id),
      ])
      expect(rows).toHaveLength(1)
    })

    it('five minutes after the challenge', async () => {
      const { person, key } = await keyOwner()
      const browser = await afterPassword(person)
      const late = key.answer(await asked(browser))
      site().clock.advance(300)
      expect(await browser.post(login, { otp_token: late })).toMatchObject(refused)
      const inTime = key.answer(await asked(browser))
      site().clock.advance(299)
      expect((await browser.post(login, { otp_token: inTime })).status).toBe(303)
    })

    it("with another session's challenge", async () => {
      const { person, key } = await keyOwner()
      const one = await afterPassword(person)
      const other = await afterPassword(person)
      const token = key.answer(await asked(one))
      await asked(other)
      expect(await other.post(login, { otp_token: token })).toMatchObject(refused)
      expect((await one.post(login, { otp_token: token })).status).toBe(303)
    })

    it('with an earlier challenge of this session than the last one', async () => {
      const { person, key } = await keyOwner()
      const browser = await afterPassword(person)
      const token = key.answer(await asked(browser))
      await asked(browser)
      expect(await browser.post(login, { otp_token: token })).toMatchObject(refused)
    })

    it('without a challenge', async () => {
      const { person, key } = await keyOwner()
      const browser = await afterPassword(person)
      const { challenge } = await asked(await afterPassword(person))
      const token = key.answer({ challenge, origin: site().baseUrl })
      expect(await browser.post(login, { otp_token: token })).toMatchObject(refused)
    })

    it('if its counter does not increase, which the audit log says (WebAuthn §6.1.1)', async () => {
      const { person, key, device } = await keyOwner()
      const browser = await afterPassword(person)
      await browser.post(login, { otp_token: key.answer({ ...(await asked(browser)), counter: 7 }) })
      for (const counter of [7, 6, 0]) {
        const again = await afterPassword(person)
        const token = key.answer({ ...(await asked(again)), counter })
        expect(await again.post(login, { otp_token: token })).toMatchObject(refused)
      }
      expect(await rowOf(device.id)).toMatchObject({ counter: '7', failure_count: 3 })
      expect((await refusals(person.id)).map(({ because }) => because)).toEqual(
        Array.from({ length: 3 }, () => 'counter_not_higher'),
      )
      const owner = await afterPassword(person)
      const token = key.answer({ ...(await asked(owner)), counter: 8 })
      expect((await owner.post(login, { otp_token: token })).status).toBe(303)
    })

    it('without that reason if the signature of a low counter is invalid', async () => {
      const { person, key } = await keyOwner()
      const browser = await afterPassword(person)
      await browser.post(login, { otp_token: key.answer({ ...(await asked(browser)), counter: 7 }) })
      const again = await afterPassword(person)
      await again.post(login, {
        otp_token: key.answer({ ...(await asked(again)), counter: 1, origin: 'https://evil.example' }),
      })
      expect(await refusals(person.id)).toEqual([{ failures: 1 }])
    })

    it('without an error, for any other input in its place', async () => {
      const { person, key } = await keyOwner()
      const browser = await afterPassword(person)
      const whole = JSON.parse(key.answer(await asked(browser)))
      const pieces: unknown[] = [
        {},
        { ...whole, type: 'password' },
        { ...whole, rawId: 'other' },
        { ...whole, response: { ...whole.response, clientDataJSON: 'bnVsbA' } },
        { ...whole, response: { ...whole.response, clientDataJSON: '_w' } },
        { ...whole, response: { ...whole.response, authenticatorData: 'AAAA' } },
        { ...whole, response: { ...whole.response, signature: '' } },
        { ...whole, response: { ...whole.response, userHandle: 7 } },
        { ...whole, response: { ...whole.response, userHandle: '!!' } },
        { ...whole, response: null },
        [whole],
      ]
      for (const piece of pieces) {
        await asked(browser)
        const answer = await browser.post(login, { otp_token: JSON.stringify(piece) })
        expect(answer).toMatchObject(refused)
      }
      const cut = await browser.post(login, { otp_token: JSON.stringify(whole).slice(0, -9) })
      expect(cut).toMatchObject(refused)
      expect(cut.text).toContain('We couldn&#39;t read the response from your security key.')
      expect((await browser.post(login, { otp_token: `{"id":"${'A'.repeat(8192)}"}` })).status).toBe(400)
    })

    it('if it cannot be read, without counting as a wrong code', async () => {
      const { person, key, device } = await keyOwner()
      const browser = await afterPassword(person)
      const whole = JSON.parse(key.answer(await asked(browser)))
      const { response } = whole
      for (const piece of [
        {},
        { ...whole, type: undefined },
        { ...whole, response: { ...response, authenticatorData: 'AAAA' } },
        { ...whole, response: { ...response, signature: null } },
        { ...whole, response: { ...response, userHandle: ['AA'] } },
      ]) {
        const answer = await browser.post(login, { otp_token: JSON.stringify(piece) })
        expect(answer).toMatchObject(refused)
        expect(answer.text).toContain('We couldn&#39;t read the response from your security key.')
      }
      expect(await rowOf(device.id)).toMatchObject({ failure_count: 0, failed_at: null })
      const { rows } = await site().database.pool.query('select token_failed_at from users where id = $1', [person.id])
      expect(rows).toEqual([{ token_failed_at: [] }])
    })

    it.each([true, false])('if the key could be backed up (%s) and later says otherwise', async (backupEligible) => {
      const { person, key, device } = await keyOwner()
      await site().database.pool.query('update webauthn_devices set backup_eligible = $2 where id = $1', [
        device.id,
        backupEligible,
      ])
      const browser = await afterPassword(person)
      const answer = await browser.post(login, {
        otp_token: key.answer({ ...(await asked(browser)), backupEligible: !backupEligible }),
      })
      expect(answer).toMatchObject({ status: 422, code: 'invalid_token' })
      expect(answer.text).toContain('remove the key and add it again')
      expect(await refusals(person.id)).toMatchObject([{ because: 'backup_changed' }])
      expect(await rowOf(device.id)).toMatchObject({ backup_eligible: backupEligible, counter: '0' })
      const right = key.answer({ ...(await asked(browser)), backupEligible, backedUp: backupEligible })
      expect((await browser.post(login, { otp_token: right })).status).toBe(303)
      expect(await rowOf(device.id)).toMatchObject({ backup_eligible: backupEligible, backed_up: backupEligible })
    })

    it('with a counter lower than before, with advice that helps', async () => {
      const { person, key } = await keyOwner()
      const browser = await afterPassword(person)
      await browser.post(login, { otp_token: key.answer({ ...(await asked(browser)), counter: 12 }) })
      const again = await afterPassword(person)
      const answer = await again.post(login, { otp_token: key.answer({ ...(await asked(again)), counter: 0 }) })
      expect(answer).toMatchObject(refused)
      expect(answer.text).toContain('remove the key and add it again')
    })

    it('in the form of the password, without a challenge, and is not counted', async () => {
      const { person, key, device } = await keyOwner()
      const token = key.answer({ challenge: 'AAAAAAAAAAAAAAAA', origin: site().baseUrl })
      const form = { username: person.email, password: person.password, otp_token: token }
      expect(await site().browser().post(login, form)).toMatchObject(refused)
      expect((await rowOf(device.id)).failure_count).toBe(0)
    })
  })
})
