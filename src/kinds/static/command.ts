import { z } from 'zod'
import type { KindCommand } from '../../otp/kind-registry/kind-command.js'
import { addStaticToken } from './add-token.js'
import { formatBackupToken, parseBackupToken } from './backup-token.js'

const TOKEN = 'must be 16 Base32 characters (A to Z, 2 to 7); spaces and hyphens are ignored'

const optionsSchema = z.object({
  token: z
    .string()
    .transform((typed, { addIssue }) => {
      const parsed = parseBackupToken(typed)
      if (parsed) return { typed, parsed }
      addIssue({ code: 'custom', message: TOKEN })
      return z.NEVER
    })
    .optional(),
})

/** Adds one backup token and prints it, so that a user without a device can sign in and set one up. */
export const addBackupToken: KindCommand = {
  name: 'add-static-token',
  description: 'add one backup token and print it, so that the user can sign in and set up a first device',
  options: [
    {
      flags: '--token-stdin',
      description: 'read the token from standard input (recommended): 16 Base32 characters, spaces and hyphens allowed',
    },
    {
      flags: '--token <T>',
      description: 'use this token; other users of the machine can read it while the command runs',
    },
  ],
  secret: 'token',
  schema: optionsSchema.transform(({ token: chosen }) => (otp, { id }) => ({
    ok: true,
    async add(transaction) {
      const { device, token, left } = await addStaticToken(otp, transaction, id, chosen?.parsed)
      return { device, line: chosen?.typed ?? formatBackupToken(token), tokensLeft: left }
    },
  })),
}
