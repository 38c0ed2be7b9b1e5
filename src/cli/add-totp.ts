import qrcode from 'qrcode'
import { z } from 'zod'
import { addTotpDevice } from '../kinds/totp/add-device.js'
import { nameApp } from '../otp/name-app.js'
import { readHexKey } from '../typed-text/read-key.js'
import { findUserOrFail } from './find-users.js'
import { parseArguments } from './read-arguments.js'
import { readSecret } from './read-secret.js'
import { recordAddedDevice } from './record-added-device.js'
import { withOtp } from './with-otp.js'

const KEY = 'must be 32 to 128 hexadecimal digits, two per byte (40 digits make 160 bits)'

/** Key lengths: at least 128 bits (RFC 4226 §4 R6), and at most 512, because no algorithm uses more. */
const optionsSchema = z.object({
  user: z.string(),
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
export async function addTotp(options: unknown): Promise<void> {
  const { user: email, key } = parseArguments(
    optionsSchema,
    await readSecret(options, { argument: 'key', stdin: 'keyStdin' }),
  )
  const uri = await withOtp(async (otp, config) => {
    const { sequelize } = otp.database
    return await sequelize.transaction(async (transaction) => {
      const user = await findUserOrFail(otp, email, transaction)
      const name = await nameApp(otp, transaction, user.id)
      const device = { user, name, confirmed: true, ...(key && { secret: key }) }
      const added = await addTotpDevice(otp, transaction, device)
      await recordAddedDevice(otp, config, transaction, user, added.device)
      return added.uri
    })
  })
  console.log(uri)
  // The `terminal` type sets black and white itself, so that the code is dark on light in every theme.
  console.log(await qrcode.toString(uri, { type: process.stdout.isTTY ? 'terminal' : 'utf8', small: true, margin: 2 }))
}
