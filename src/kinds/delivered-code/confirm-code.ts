import type { Request } from 'express'
import type { AccountServices } from '../../account/account-services.js'
import { type Confirmed, openSetup } from '../../account/setup/finish-setup.js'
import { enrolmentRight } from '../../auth/policy/enrolment.js'
import { rejectToken } from '../../auth/reject-token.js'
import type { RequestUser } from '../../auth/request-user.js'
import { challengeOf } from '../../auth/session/in-progress.js'
import { readClientInfo } from '../../http/client/read-client-info.js'
import type { FormRejection } from '../../http/forms/reject-form.js'
import { confirmDevice } from '../../otp/tokens/verify-token.js'
import { isBlank } from '../../typed-text/clean-text.js'

/** Confirms the device that this session is setting up with the code that was sent to it. The code is consumed. */
export async function confirmCode(
  account: AccountServices,
  req: Request,
  user: RequestUser,
  { deviceId, token }: { deviceId: string; token: string },
): Promise<{ ok: true; confirmed: Confirmed } | { ok: false; rejection: FormRejection }> {
  if (isBlank(token)) return { ok: false, rejection: { code: 'token_required', status: 422 } }
  const submission = { userId: user.id, deviceId, token, challenge: challengeOf(req, deviceId) }
  const enrolment = { ...submission, ...enrolmentRight(req, user), client: readClientInfo(req) }
  const verification = await openSetup(account, req, (opens) => confirmDevice(account.otp, { ...enrolment, opens }))
  if (verification.ok || verification.reason === 'session_ended') return { ok: true, confirmed: verification }
  return { ok: false, rejection: rejectToken(account, verification, { token, deviceId }) }
}
