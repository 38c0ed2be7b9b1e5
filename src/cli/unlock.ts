import { z } from 'zod'
import { unlockUser } from '../auth/unlock-user.js'
import { printableLine } from '../printable.js'
import { noClient } from '../client-info.js'
import { findUserOrFail } from './find-users.js'
import { parseArguments } from './read-arguments.js'
import { warnObstacles } from './warn-obstacles.js'
import { withOtp } from './with-otp.js'

const optionsSchema = z.object({ user: z.string() })

/** Ends the locks of an account and the throttling of its devices. */
export async function unlock(options: unknown): Promise<void> {
  const { user: email } = parseArguments(optionsSchema, options)
  const { cleared, user } = await withOtp(async (otp, config) =>
    otp.database.sequelize.transaction(async (transaction) => {
      const found = await findUserOrFail(otp, email, transaction)
      await warnObstacles(otp, config, transaction, found, 'unlock')
      const unlocking = { userId: found.id, actorId: null, client: noClient }
      return { cleared: await unlockUser(otp, transaction, unlocking), user: found }
    }),
  )
  const printableEmail = printableLine(user.email)
  console.error(cleared ? `Unlocked ${printableEmail}.` : `${printableEmail} was not locked.`)
}
