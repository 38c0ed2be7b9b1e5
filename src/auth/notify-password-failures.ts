import { notifyUserOrNobody } from '../notify/notify-user.js'
import type { ClientInfo } from '../client-info.js'
import type { Auth } from './auth.js'
import { FREE_FAILURES, MOST_FAILURES } from './password-statements.js'

/**
 * Notifies the user when waits begin, and when the password is no longer accepted: once each,
 * even if more attempts follow. For an unknown login the same statements run.
 */
export async function notifyPasswordFailures(
  auth: Auth,
  { userId, failures, origin }: { userId: number | null; failures: number | null; origin: ClientInfo },
): Promise<void> {
  const mail = mailFor(failures)
  if (!mail) return
  const { address, browser } = origin
  await auth.database.sequelize.transaction((transaction) =>
    notifyUserOrNobody(auth.otp, transaction, userId, { mail, at: auth.clock.now(), address, browser }),
  )
}

function mailFor(failures: number | null): 'password-failed' | 'password-locked' | null {
  if (failures === FREE_FAILURES) return 'password-failed'
  return failures === MOST_FAILURES ? 'password-locked' : null
}
