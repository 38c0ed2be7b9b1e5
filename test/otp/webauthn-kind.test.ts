import { createChallenge } from '../../src/otp/webauthn/create-challenge.js'
import { makeSoftKey, type SoftKey } from '../support/soft-key.js'
import { addTestKey } from '../support/webauthn.js'
import { testKind } from './kinds-contract.js'

const keys = new Map<string, SoftKey>()

testKind({
  name: 'webauthn',
  wrongToken: makeSoftKey().answer({ challenge: 'AAAAAAAAAAAAAAAAAAAAAA' }),
  async add(otp, userId) {
    const { device, key } = await addTestKey(otp, userId)
    keys.set(device.persistentId, key)
    return device
  },
  async goodToken(otp, device) {
    const { id, challenge } = await createChallenge(otp, 'verify')
    return { token: keys.get(device.persistentId)?.answer({ challenge }) ?? '', challenge: id }
  },
})
