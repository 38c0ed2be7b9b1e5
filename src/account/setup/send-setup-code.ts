import type { Request } from 'express'
import { rejectUnsent } from '../../auth/reject-token.js'
import type { RequestUser } from '../../auth/request-user.js'
import { sendChallenge } from '../../auth/send-challenge.js'
import { type FormRejection, rejectForm } from '../../http/forms/reject-form.js'
import type { AccountServices } from '../account-services.js'

/** Sends a code to a device that is being set up. @returns null if it was sent or is being sent, else the reason */
export async function sendSetupCode(
  account: AccountServices,
  req: Request,
  user: RequestUser,
  deviceId: string,
): Promise<FormRejection | null> {
  const sent = await sendChallenge(account, req, { userId: user.id, deviceId, confirmed: false })
  if (sent.outcome === 'sent' || sent.outcome === 'still_pending') return null
  return sent.outcome === 'not_interactive' ? rejectForm('set_up_expired') : rejectUnsent(account, sent)
}
