import type { Request } from 'express'
import { sendChallenge } from '../../auth/send-challenge.js'
import type { RequestUser } from '../../auth/request-user.js'
import type { AccountServices } from '../account-services.js'
import { type FormRejection, rejectFormUntil } from '../../http/forms/reject-form.js'

/** Sends a code to a device that is being set up. @returns null if it was sent or is being sent, else the reason */
export async function sendSetupCode(
  account: AccountServices,
  req: Request,
  user: RequestUser,
  deviceId: string,
): Promise<FormRejection | null> {
  const now = account.clock.now()
  const sent = await sendChallenge(account, req, { userId: user.id, deviceId, confirmed: false })
  switch (sent.outcome) {
    case 'sent':
    case 'still_pending':
      return null
    case 'challenge_exception':
      return { code: 'challenge_exception', status: 422, text: sent.text }
    case 'cooldown_pending':
      return { ...rejectFormUntil('cooldown_pending', sent.nextAt, now), ...(sent.text && { text: sent.text }) }
    case 'not_interactive':
      return { code: 'set_up_expired', status: 422 }
    case 'refused':
      return sent.refusal.reason === 'n_failed_attempts'
        ? rejectFormUntil('n_failed_attempts', sent.refusal.lockedUntil, now)
        : { code: sent.refusal.reason, status: 422 }
  }
}
