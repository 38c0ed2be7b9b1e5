import type { Request } from 'express'
import type { RequestUser } from '../../auth/request-user.js'
import { explainToken } from '../../auth/explain-token.js'
import { challengeOf } from '../../auth/under-way.js'
import { enrolmentRight } from '../../auth/enrolment.js'
import { describeOrigin } from '../../http/describe-origin.js'
import { confirmDevice } from '../../otp/verify-token.js'
import type { Account } from '../account.js'
import { type Confirmed, openSetUp } from '../setup/finish-set-up.js'
import { type StepRefusal, waitUntil } from './step-refusal.js'
import { isBlank } from '../../typed-text/clean-text.js'

/** The code that this session's device was sent confirms it, and is spent. */
export async function confirmCode(
  account: Account,
  req: Request,
  user: RequestUser,
  { deviceId, token }: { deviceId: string; token: string },
): Promise<{ ok: true; confirmed: Confirmed } | { ok: false; refusal: StepRefusal }> {
  if (isBlank(token)) return { ok: false, refusal: { code: 'token_required', status: 422 } }
  const submission = { userId: user.id, deviceId, token, challenge: challengeOf(req, deviceId) }
  const enrolment = { ...submission, ...enrolmentRight(req, user), origin: describeOrigin(req) }
  const verification = await openSetUp(account, req, (opens) => confirmDevice(account.otp, { ...enrolment, opens }))
  if (verification.ok || verification.reason === 'session_ended') return { ok: true, confirmed: verification }
  if (verification.reason !== 'n_failed_attempts') {
    const text = explainToken(account.otp, verification, { token, deviceId })
    return { ok: false, refusal: { code: verification.reason, status: 422, ...(text && { text }) } }
  }
  return {
    ok: false,
    refusal: waitUntil('n_failed_attempts', verification.lockedUntil, account.clock.now()),
  }
}
