import { z } from 'zod'
import { deviceNameOption, type KindCommand } from '../../otp/kind-registry/kind-command.js'
import { cleanText } from '../../typed-text/clean-text.js'
import { addHotpDevice } from './add-device.js'
import { parseHotpKey } from './parse-key.js'

const KEY = 'must be 128 to 512 bits in hex or Base32, or an otpauth://hotp URI'

const optionsSchema = z
  .object({
    key: z.string('is missing: write it to standard input with --key-stdin'),
    name: deviceNameOption.default('Hardware token'),
    digits: z.enum(['6', '8'], 'must be 6 or 8').default('6'),
    counter: z
      .string()
      .transform(cleanText)
      .pipe(z.string().regex(/^\d{1,15}$/, 'must be a whole number'))
      .default('0'),
  })
  .transform(({ key, digits, counter, name }, { addIssue }) => {
    const parsed = parseHotpKey(key, { digits: digits === '8' ? 8 : 6, counter: Number(counter) })
    if (parsed) return { name, ...parsed }
    addIssue({ code: 'custom', path: ['key'], message: KEY })
    return z.NEVER
  })

/** Adds a confirmed hardware token (HOTP) with the key from its manufacturer, and prints its persistent ID. */
export const addHotp: KindCommand = {
  name: 'add-hotp',
  description: 'add a confirmed counter-based hardware token (HOTP) and print its persistent ID',
  options: [
    {
      flags: '--key-stdin',
      description: 'read its key from standard input (recommended): hex, Base32 or an otpauth://hotp URI',
    },
    { flags: '--key <K>', description: 'use this key; other users of the machine can read it while the command runs' },
    { flags: '--name <N>', description: 'name shown to its owner' },
    { flags: '--digits <D>', description: 'digits per code, 6 or 8' },
    { flags: '--counter <C>', description: 'counter of the next code' },
  ],
  secret: 'key',
  schema: optionsSchema.transform((token) => (otp, { id }) => ({
    ok: true,
    async add(transaction) {
      const device = await addHotpDevice(otp, transaction, { userId: id, ...token, confirmed: true })
      return { device, line: device.persistentId }
    },
  })),
}
