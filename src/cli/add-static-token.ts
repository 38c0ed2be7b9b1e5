import { z } from 'zod'
import { noClient, recordAuditEvent } from '../audit/record-event.js'
import { unlockUser } from '../auth/unlock-user.js'
import { addStaticToken } from '../kinds/static/add-token.js'
import { formatBackupToken, parseBackupToken } from '../kinds/static/backup-token.js'
import { findUserOrFail } from './find-users.js'
import { parseArguments } from './read-arguments.js'
import { readSecret } from './read-secret.js'
import { notifyFromCommandLine } from './notify-from-command-line.js'
import { warnObstacles } from './warn-obstacles.js'
import { withOtp } from './with-otp.js'

const optionsSchema = z.object({
  user: z.string(),
  token: z
    .string()
    .transform((typed) => ({ typed, parsed: parseBackupToken(typed) }))
    .refine(
      ({ parsed }) => parsed !== null,
      'must be 16 Base32 characters (A to Z, 2 to 7); spaces and hyphens are ignored',
    )
    .optional(),
})

/** Adds one backup token and prints it, so that a user without a device can sign in and set one up. */
export async function addStaticTokenCommand(options: unknown): Promise<void> {
  const { user: email, token: chosen } = parseArguments(
    optionsSchema,
    await readSecret(options, { argument: 'token', stdin: 'tokenStdin' }),
  )
  const token = await withOtp(async (otp, config) => {
    const { sequelize } = otp.database
    return await sequelize.transaction(async (transaction) => {
      const user = await findUserOrFail(otp, email, transaction)
      await warnObstacles(otp, config, transaction, user, 'giveBackupToken')
      await unlockUser(otp, transaction, { userId: user.id, actorId: null, origin: noClient })
      const added = await addStaticToken(otp, transaction, user.id, chosen?.parsed ?? undefined)
      await recordAuditEvent(otp.database, transaction, {
        event: 'backup_token_added',
        at: otp.clock.now(),
        userId: user.id,
        device: added.device.persistentId,
        origin: noClient,
        details: { by: 'command line' },
      })
      await notifyFromCommandLine(otp, config, transaction, user.id, { mail: 'backup-tokens-made', left: added.left })
      return added.token
    })
  })
  console.log(chosen?.typed ?? formatBackupToken(token))
}
