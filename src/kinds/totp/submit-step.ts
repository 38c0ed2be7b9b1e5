import type { Request, Response } from 'express'
import type { AccountServices } from '../../account/account-services.js'
import { finishSetup, openSetup } from '../../account/setup/finish-setup.js'
import { showIntroduction } from '../../account/setup/show-setup-step.js'
import { enrolmentRight } from '../../auth/policy/enrolment.js'
import { rejectToken } from '../../auth/reject-token.js'
import type { RequestUser } from '../../auth/request-user.js'
import { readClientInfo } from '../../http/client/read-client-info.js'
import { confirmDevice } from '../../otp/tokens/verify-token.js'
import { isBlank } from '../../typed-text/clean-text.js'
import { readTotpSetup } from './setup.js'
import { showTotpSetup } from './show-step.js'

/** Confirms an authenticator app with its first code. An incorrect code keeps the secret, so that the app stays valid. */
export async function submitTotpStep(
  account: AccountServices,
  req: Request,
  res: Response,
  { user, token, next }: { user: RequestUser; token: string; next: string | null },
): Promise<void> {
  const setup = await readTotpSetup(account, req)
  if (!setup) return showIntroduction(req, res, next, { code: 'set_up_expired', status: 422 })
  if (isBlank(token)) return showTotpSetup(req, res, setup, next, { code: 'token_required', status: 422 })
  const { deviceId } = setup
  const submission = { userId: user.id, deviceId, token, client: readClientInfo(req) }
  const enrolment = { ...submission, ...enrolmentRight(req, user) }
  const verification = await openSetup(account, req, (opens) => confirmDevice(account.otp, { ...enrolment, opens }))
  if (verification.ok || verification.reason === 'session_ended')
    return finishSetup(account, req, res, { user, confirmed: verification, next })
  showTotpSetup(req, res, setup, next, rejectToken(account, verification, { token, deviceId }))
}
