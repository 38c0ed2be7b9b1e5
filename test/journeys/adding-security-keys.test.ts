import { describe, expect, it } from 'vitest'
import { createTestUser, signIn } from '../support/site.js'
import { type Ceremony, createSoftwareKey } from '../support/software-key.js'
import { KEY_CHALLENGE, useSecurityKeys } from '../support/security-keys.js'
import { addSoftwareKey } from '../support/webauthn.js'

const add = '/account/two-factor/security-keys/add'

describe('security keys', () => {
  const { asked, site } = useSecurityKeys()

  it.each([
    ['transports of null', { transports: null }, {}],
    ['no transports', { transports: undefined }, {}],
    ['an unknown transport', { transports: ['usb', 'telepathy', 7] }, {}],
    ['results of extensions that are null', {}, { clientExtensionResults: null }],
    ['no results of extensions', {}, { clientExtensionResults: undefined }],
    ['an answer to credProps without rk', {}, { clientExtensionResults: { credProps: {} } }],
    [
      'an attachment of null and a public key',
      { publicKey: 'AA', publicKeyAlgorithm: -7 },
      { authenticatorAttachment: null },
    ],
  ])('adds a key if the browser sends %s', async (_what, response, more) => {
    const person = await createTestUser(site(), { app: false })
    const browser = await signIn(site(), person)
    const whole = JSON.parse(createSoftwareKey().create(await asked(browser, `${add}/options`)))
    const credential = JSON.stringify({ ...whole, ...more, response: { ...whole.response, ...response } })
    expect((await browser.post(add, { name: 'Key', credential })).status).toBe(303)
    const { rows } = await site().database.pool.query('select transports from webauthn_devices where user_id = $1', [
      person.id,
    ])
    expect(rows[0]?.transports.every((one: string) => one === 'usb')).toBe(true)
  })

  describe('a key is not added', () => {
    it('by a user who has a device and has not used it', async () => {
      const person = await createTestUser(site(), { app: false })
      const browser = await signIn(site(), person)
      const credential = createSoftwareKey().create(await asked(browser, `${add}/options`))
      await addSoftwareKey(site().otp, person.id)
      for (const visit of [
        browser.get(add),
        browser.post(add, { name: 'X', credential }),
        browser.post(`${add}/options`),
      ])
        expect((await visit).location).toMatch(/^\/account\/login/)
      const { rows } = await site().database.pool.query('select name from webauthn_devices where user_id = $1', [
        person.id,
      ])
      expect(rows).toEqual([{ name: 'Blue key' }])
    })

    it('as the first device of a user who got one at the same moment', async () => {
      const person = await createTestUser(site(), { app: false })
      const browsers = [await signIn(site(), person), await signIn(site(), person)]
      const posts = await Promise.all(
        browsers.map(async (browser) => {
          const credential = createSoftwareKey().create(await asked(browser, `${add}/options`))
          return () => browser.post(add, { name: 'Key', credential })
        }),
      )
      await Promise.all(posts.map((post) => post()))
      const { rows } = await site().database.pool.query('select id from webauthn_devices where user_id = $1', [
        person.id,
      ])
      expect(rows).toHaveLength(1)
    })

    it.each<[string, Partial<Ceremony>]>([
      ['from a foreign origin', { origin: 'http://evil.example' }],
      ['for another relying party', { rpId: 'evil.example' }],
      ['to another challenge', { challenge: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' }],
      ['by a ceremony of another type', { type: 'webauthn.get' }],
      ['without a touch', { userPresent: false }],
      ['inside a frame of another site', { crossOrigin: true }],
      ['backed up and not to be backed up (WebAuthn §6.1.3)', { backedUp: true }],
      ['with a token binding of an unknown status', { moreClientData: { tokenBinding: { status: 'maybe' } } }],
      ['of an algorithm that was not asked for: ES384', { algorithm: -35 }],
      ['of an algorithm that was not asked for: ES512', { algorithm: -36 }],
      ['of an algorithm that was not asked for: RS1', { algorithm: -65_535 }],
      ['with no attestation and a statement', { attestation: { fmt: 'none', attStmt: new Map([['alg', -7]]) } }],
      ['with an attestation of a format that there is not', { attestation: { fmt: 'hearsay', attStmt: new Map() } }],
      [
        'with an invalid attestation',
        {
          attestation: {
            fmt: 'packed',
            attStmt: new Map<string, Uint8Array | number>([
              ['alg', -7],
              ['sig', Uint8Array.of(1)],
            ]),
          },
        },
      ],
    ])('%s', async (_what, wrong) => {
      const person = await createTestUser(site())
      const browser = await signIn(site(), person)
      const credential = createSoftwareKey().create({ ...(await asked(browser, `${add}/options`)), ...wrong })
      expect(await browser.post(add, { name: 'Key', credential })).toMatchObject({ status: 422, code: 'key_refused' })
      const { rows } = await site().database.pool.query('select id from webauthn_devices where user_id = $1', [
        person.id,
      ])
      expect(rows).toEqual([])
    })

    it("twice, late, with another session's challenge, or with one for another purpose", async () => {
      const person = await createTestUser(site())
      const browser = await signIn(site(), person)
      const post = async (credential: string) => (await browser.post(add, { name: 'Key', credential })).code
      const options = await asked(browser, `${add}/options`)
      expect((await browser.post(add, { name: 'Key', credential: createSoftwareKey().create(options) })).status).toBe(
        303,
      )
      expect(await post(createSoftwareKey().create(options))).toBe('key_refused')
      const other = await signIn(site(), await createTestUser(site()))
      expect(await post(createSoftwareKey().create(await asked(other, `${add}/options`)))).toBe('key_refused')
      expect(await post(createSoftwareKey().create(await asked(browser, KEY_CHALLENGE)))).toBe('key_refused')
      const late = createSoftwareKey().create(await asked(browser, `${add}/options`))
      await site().database.pool.query("update webauthn_challenges set expires_at = '2026-01-01' where purpose = 'add'")
      expect(await post(late)).toBe('key_refused')
      for (const nonsense of ['', '{', '{}', 'null', '[]']) expect(await post(nonsense)).toBe('key_refused')
    })
  })
})
