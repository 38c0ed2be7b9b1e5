import { createChallenge } from '../../src/otp/challenges/browser-challenges.js'
import { createSoftwareKey, type SoftwareKey } from '../support/software-key.js'
import { addSoftwareKey } from '../support/webauthn.js'
import { testKind } from './kinds-contract.js'

const keys = new Map<string, SoftwareKey>()

testKind({
  name: 'webauthn',
  wrongToken: createSoftwareKey().answer({ challenge: 'AAAAAAAAAAAAAAAAAAAAAA' }),
  async add(otp, userId) {
    const { device, key } = await addSoftwareKey(otp, userId)
    keys.set(device.persistentId, key)
    return device
  },
  async goodToken(otp, device) {
    const { id, challenge } = await createChallenge(otp, 'verify')
    return { token: keys.get(device.persistentId)?.answer({ challenge }) ?? '', challenge: id }
  },
})
