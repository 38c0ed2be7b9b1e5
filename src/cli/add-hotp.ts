import { z } from 'zod'
import { addHotpDevice } from '../kinds/hotp/add-device.js'
import { parseHotpKey } from '../kinds/hotp/parse-key.js'
import { cleanText } from '../typed-text/clean-text.js'
import { findUserOrFail } from './find-users.js'
import { parseArguments } from './read-arguments.js'
import { readSecret } from './read-secret.js'
import { recordAddedDevice } from './record-added-device.js'
import { withOtp } from './with-otp.js'
import { isName } from '../typed-text/read-name.js'

const KEY = 'must be 128 to 512 bits in hex or Base32, or an otpauth://hotp URI'

const optionsSchema = z
  .object({
    user: z.string(),
    key: z.string('is missing: write it to standard input with --key-stdin'),
    name: z
      .string()
      .trim()
      .min(1)
      .max(64)
      .refine(isName, 'must have no control characters and no characters that change the direction of text')
      .default('Hardware token'),
    digits: z.enum(['6', '8'], 'must be 6 or 8').default('6'),
    counter: z
      .string()
      .transform(cleanText)
      .pipe(z.string().regex(/^\d{1,15}$/, 'must be a whole number'))
      .default('0'),
  })
  .transform(({ key, digits, counter, ...rest }, { addIssue }) => {
    const parsed = parseHotpKey(key, { digits: digits === '8' ? 8 : 6, counter: Number(counter) })
    if (parsed) return { ...rest, key: parsed }
    addIssue({ code: 'custom', path: ['key'], message: KEY })
    return z.NEVER
  })

/** Adds a confirmed hardware token (HOTP) with the key from its manufacturer, and prints its persistent ID. */
export async function addHotp(options: unknown): Promise<void> {
  const {
    user: email,
    name,
    key,
  } = parseArguments(optionsSchema, await readSecret(options, { argument: 'key', stdin: 'keyStdin' }))
  const device = await withOtp((otp, config) =>
    otp.database.sequelize.transaction(async (transaction) => {
      const user = await findUserOrFail(otp, email, transaction)
      const added = await addHotpDevice(otp, transaction, { userId: user.id, name, ...key, confirmed: true })
      await recordAddedDevice(otp, config, transaction, user, added)
      return added
    }),
  )
  console.log(device.persistentId)
}
