import type { Device } from '../../src/otp/device.js'
import type { Otp } from '../../src/otp/otp.js'
import { addSecurityKey } from '../../src/otp/webauthn/add-security-key.js'
import { requestNewKey } from '../../src/otp/webauthn/creation-options.js'
import { makeSoftKey, type SoftKey } from './soft-key.js'

/** Enrols a software key for somebody, by the core alone. */
export async function addTestKey(
  otp: Otp,
  userId: number,
  key: SoftKey = makeSoftKey(),
): Promise<{ device: Device; key: SoftKey }> {
  const asked = await requestNewKey(otp, { id: userId, email: 'a@example.com', name: 'A' }, { discoverable: true })
  if (!asked) throw new Error('This address has no relying party.')
  key.userHandle = asked.options.user.id
  const { origin } = otp.settings.relyingParty ?? {}
  const response = key.create({ challenge: asked.options.challenge, ...(origin && { origin }) })
  const added = await addSecurityKey(otp, { userId, name: 'Blue key', response, challenge: asked.challenge })
  if (!added.ok) throw new Error(`The key was not added: ${added.reason}`)
  return { device: added.device, key }
}
