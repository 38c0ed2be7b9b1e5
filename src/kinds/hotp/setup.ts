import { z } from 'zod'
import { addHotpDevice } from './add-device.js'
import type { Device } from '../../otp/device.js'
import { parseHotpKey } from './parse-key.js'
import type { AccountServices } from '../../account/account-services.js'
import { readCode } from '../../typed-text/read-code.js'
import { parseDeviceName } from '../../account/devices/device-name.js'
import { textField } from '../../http/forms/read-form.js'

/** Every field is text as it was entered; {@link startHotpSetup} reads digits and counter. */
export const hotpKeyForm = z.object({
  name: textField(256),
  key: textField(512),
  digits: textField(1),
  counter: textField(64),
})

export type StartHotpResult = { ok: true; device: Device } | { ok: false; code: 'name_invalid' | 'key_invalid' }

/** Adds a hardware token by the key that its manufacturer supplied. It verifies no user until a code confirms it. */
export async function startHotpSetup(
  account: AccountServices,
  userId: number,
  form: z.output<typeof hotpKeyForm>,
): Promise<StartHotpResult> {
  const name = parseDeviceName(form.name)
  if (name === null) return { ok: false, code: 'name_invalid' }
  const typed = readCode(form.counter ?? '')
  const counter = /^\d{1,15}$/.test(typed) ? Number(typed) : 0
  const key = parseHotpKey(form.key ?? '', { digits: form.digits === '8' ? 8 : 6, counter })
  if (!key) return { ok: false, code: 'key_invalid' }
  const device = await account.database.sequelize.transaction((transaction) =>
    addHotpDevice(account.otp, transaction, { userId, name, ...key, confirmed: false }),
  )
  return { ok: true, device }
}
