import type { Request, RequestHandler, Response } from 'express'
import type { RequestUser } from '../../auth/request-user.js'
import { readForm } from '../../http/read-form.js'
import { refuse } from '../../http/refuse.js'
import { safeNext } from '../../http/safe-next.js'
import { redirectDone } from '../../http/step-done.js'
import type { Account } from '../account.js'
import { confirmCode } from '../code-set-up/confirm-code.js'
import { awaitsCode, readCodeSetUp } from '../code-set-up/read-code-set-up.js'
import { sendSetupCode } from '../setup/send-setup-code.js'
import { finishSetUp } from '../setup/finish-set-up.js'
import { beginEmail } from './begin-email.js'
import { addEmailForm } from './forms.js'
import { showAsk, showCode } from './show-add.js'

/** One posted step: a token confirms, anything else sends a code. */
export function postStep(account: Account): RequestHandler {
  return async (req, res) => {
    const form = readForm(req, addEmailForm)
    if (!form || !req.user) return refuse(req, res, { status: 400, code: 'bad_request' })
    const next = safeNext(form.next)
    if (form.otp_token === undefined) await send(account, req, res, req.user, next)
    else await confirm(account, req, res, req.user, { token: form.otp_token, next })
  }
}

async function send(account: Account, req: Request, res: Response, user: RequestUser, next: string | null) {
  const deviceId = await beginEmail(account, req, user)
  if (!deviceId) return showAsk(req, res, next, { code: 'email_known', status: 422 })
  const refusal = await sendSetupCode(account, req, user, deviceId)
  if (!refusal) return redirectDone(res, addAddress(next))
  const setUp = await readCodeSetUp(account, req, 'email')
  if (setUp && awaitsCode(setUp)) showCode(req, res, next, setUp, refusal)
  else showAsk(req, res, next, refusal)
}

async function confirm(
  account: Account,
  req: Request,
  res: Response,
  user: RequestUser,
  { token, next }: { token: string; next: string | null },
): Promise<void> {
  const setUp = await readCodeSetUp(account, req, 'email')
  if (!setUp) return showAsk(req, res, next, { code: 'set_up_expired', status: 422 })
  const confirmed = await confirmCode(account, req, user, { deviceId: setUp.deviceId, token })
  if (!confirmed.ok) return showCode(req, res, next, setUp, confirmed.refusal)
  await finishSetUp(account, req, res, { user, confirmed: confirmed.confirmed, next })
}

function addAddress(next: string | null): string {
  return next ? `/account/two-factor/email/add?next=${encodeURIComponent(next)}` : '/account/two-factor/email/add'
}
