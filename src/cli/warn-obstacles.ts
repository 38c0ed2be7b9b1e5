import type { Transaction } from 'sequelize'
import type { AccessHelp, Obstacle } from '../auth/obstacles.js'
import { readObstacles } from '../auth/read-obstacles.js'
import type { Config } from '../config/read-config.js'
import type { Otp } from '../otp/otp.js'
import { printableLine } from '../printable.js'

/** What each obstacle means for a user, and what an administrator can do about it. */
const TEXTS: Readonly<Record<Obstacle, string>> = {
  deactivated: 'is deactivated and cannot sign in. Reactivate the user in the panel.',
  no_password: 'has no password yet. `otp-admin invite` lets them choose one.',
  device_asked:
    'has an active device or unused backup tokens, so the link asks for a code from them first. If they cannot enter one, use `otp-admin add-static-token` or `otp-admin two-factor-disable`.',
  none_usable:
    'has devices but cannot sign in with any of them. Use `otp-admin add-static-token` or `otp-admin invite`.',
  invitation_needed:
    'has no second factor and needs an invitation or a backup token. Use `otp-admin invite` or `otp-admin add-static-token`.',
  nothing_accepted:
    'cannot set up any method that the policy accepts. Change the accepted methods of their group in the panel.',
}

/** Prints why a user will still be unable to sign in after `help`, one line per reason. Call it before the change, in its transaction. */
export async function warnObstacles(
  otp: Otp,
  config: Config,
  transaction: Transaction,
  { id, email }: { id: number; email: string },
  help: AccessHelp,
): Promise<void> {
  const found = await readObstacles({ otp, config }, id, [help], transaction)
  for (const obstacle of found[help] ?? []) console.error(`${printableLine(email)} ${TEXTS[obstacle]}`)
}
