import type { Device } from '../../src/otp/device.js'
import type { Otp } from '../../src/otp/otp.js'
import { addWebauthnDevice } from '../../src/kinds/webauthn/add-device.js'
import { createRegistrationOptions } from '../../src/kinds/webauthn/registration-options.js'
import { createSoftwareKey, type SoftwareKey } from './software-key.js'

/** Registers a software key for a user, without HTTP. */
export async function addSoftwareKey(
  otp: Otp,
  userId: number,
  key: SoftwareKey = createSoftwareKey(),
): Promise<{ device: Device; key: SoftwareKey }> {
  const created = await createRegistrationOptions(
    otp,
    { id: userId, email: 'a@example.com', name: 'A' },
    { discoverable: true },
  )
  if (!created) throw new Error('This site has no relying party.')
  key.userHandle = created.options.user.id
  const { origin } = otp.settings.relyingParty ?? {}
  const response = key.create({ challenge: created.options.challenge, ...(origin && { origin }) })
  const added = await addWebauthnDevice(otp, { userId, name: 'Blue key', response, challenge: created.challenge })
  if (!added.ok) throw new Error(`The key was not added: ${added.reason}`)
  return { device: added.device, key }
}
