import { z } from 'zod'
import type { KindCommand } from '../../otp/kind-registry/kind-command.js'
import { nameApp } from '../../otp/devices/name-app.js'
import { readHexKey } from '../../typed-text/read-key.js'
import { addTotpDevice } from './add-device.js'

const KEY = 'must be 32 to 128 hexadecimal digits, two per byte (40 digits make 160 bits)'

/** Key lengths: at least 128 bits (RFC 4226 §4 R6), and at most 512, because no algorithm uses more. */
const optionsSchema = z.object({
  key: z
    .string()
    .transform((pasted, { addIssue }) => {
      const key = readHexKey(pasted)
      if (key && key.length >= 16 && key.length <= 64) return key
      addIssue({ code: 'custom', message: KEY })
      return z.NEVER
    })
    .optional(),
})

/** Adds a confirmed authenticator app, and prints its `otpauth://` URI and the same as a QR code. */
export const addTotp: KindCommand = {
  name: 'add-totp',
  description: 'add a confirmed authenticator app and print its otpauth:// URI and a QR code',
  options: [
    {
      flags: '--key-stdin',
      description: 'read the secret from standard input (recommended), in hex; without it, 160 random bits are used',
    },
    {
      flags: '--key <HEX>',
      description: 'use this secret; other users of the machine can read it while the command runs',
    },
  ],
  secret: 'key',
  schema: optionsSchema.transform(({ key }) => (otp, user) => ({
    ok: true,
    async add(transaction) {
      const name = await nameApp(otp, transaction, user.id)
      const device = { user, name, confirmed: true, ...(key && { secret: key }) }
      const added = await addTotpDevice(otp, transaction, device)
      return { device: added.device, line: added.uri, qrCode: added.uri }
    },
  })),
}
