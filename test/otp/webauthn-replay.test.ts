import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import { verifyToken } from '../../src/otp/tokens/verify-token.js'
import { addWebauthnDevice } from '../../src/kinds/webauthn/add-device.js'
import { createChallenge } from '../../src/otp/challenges/browser-challenges.js'
import { databaseKinds, openTestDatabase } from '../support/database.js'
import { createUser, testOtp, type TestOtp } from '../support/otp.js'
import { createSoftwareKey } from '../support/software-key.js'
import { addSoftwareKey } from '../support/webauthn.js'

describe.each(databaseKinds())('a passkey without a counter, on the %s database', (where) => {
  let database: Database
  let otp: TestOtp
  beforeAll(async () => {
    database = await openTestDatabase(where)
    otp = testOtp(database, { throttleFactor: 0 })
  })
  afterAll(() => database.close())

  /** Signs a new challenge. @returns a function that submits the assertion */
  const prepare = async () => {
    const userId = (await createUser(database)).id
    const { device, key } = await addSoftwareKey(otp, userId, createSoftwareKey({ counts: false }))
    const { id, challenge } = await createChallenge(otp, 'verify')
    const submission = { userId, deviceId: device.persistentId, token: key.answer({ challenge }), challenge: id }
    return () => verifyToken(otp, submission)
  }

  it('is accepted once for a challenge', async () => {
    const submit = await prepare()
    expect((await submit()).ok).toBe(true)
    expect(await submit()).toEqual({ ok: false, reason: 'invalid_token' })
  })

  it('is accepted once if its assertion is sent ten times at once', async () => {
    const submit = await prepare()
    const verifications = await Promise.all(Array.from({ length: 10 }, submit))
    expect(verifications.filter(({ ok }) => ok)).toHaveLength(1)
  })

  it('is not verified with a challenge for registration, nor registered with one for verification', async () => {
    const userId = (await createUser(database)).id
    const { device, key } = await addSoftwareKey(otp, userId, createSoftwareKey({ counts: false }))
    const toAdd = await createChallenge(otp, 'add')
    const submission = { userId, deviceId: device.persistentId, challenge: toAdd.id }
    const token = key.answer({ challenge: toAdd.challenge })
    expect(await verifyToken(otp, { ...submission, token })).toEqual({ ok: false, reason: 'invalid_token' })
    const toVerify = await createChallenge(otp, 'verify')
    const response = createSoftwareKey().create({ challenge: toVerify.challenge })
    expect(await addWebauthnDevice(otp, { userId, name: 'Key', response, challenge: toVerify.id })).toEqual({
      ok: false,
      reason: 'key_refused',
    })
  })

  it('is registered once if its response is sent ten times at once', async () => {
    const userId = (await createUser(database)).id
    const { id, challenge } = await createChallenge(otp, 'add')
    const response = createSoftwareKey().create({ challenge })
    const added = await Promise.all(
      Array.from({ length: 10 }, () => addWebauthnDevice(otp, { userId, name: 'Key', response, challenge: id })),
    )
    expect(added.filter(({ ok }) => ok)).toHaveLength(1)
    expect(added.filter((one) => !one.ok && one.reason === 'key_refused')).toHaveLength(9)
  })
})
