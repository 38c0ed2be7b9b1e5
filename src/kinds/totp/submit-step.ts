import type { Request, Response } from 'express'
import type { AccountServices } from '../../account/account-services.js'
import { finishSetup, openSetup } from '../../account/setup/finish-setup.js'
import { showIntroduction } from '../../account/setup/show-setup-step.js'
import { enrolmentRight } from '../../auth/policy/enrolment.js'
import { explainToken } from '../../auth/login/step-result.js'
import type { RequestUser } from '../../auth/request-user.js'
import { readClientInfo } from '../../http/client/read-client-info.js'
import { type FormRejection, rejectForm, rejectFormUntil } from '../../http/forms/reject-form.js'
import type { Verification } from '../../otp/device.js'
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
  const text = explainToken(account.otp, verification, { token, deviceId })
  const rejection = toRejection(verification, account.clock.now())
  showTotpSetup(req, res, setup, next, { ...rejection, ...(text && { text }) })
}

function toRejection(verification: Extract<Verification, { ok: false }>, now: Date): FormRejection {
  if (verification.reason !== 'n_failed_attempts') return rejectForm(verification.reason)
  return rejectFormUntil(verification.reason, verification.lockedUntil, now)
}
