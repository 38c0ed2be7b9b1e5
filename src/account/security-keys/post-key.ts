import type { Request, RequestHandler } from 'express'
import type { RequestUser } from '../../auth/request-user.js'
import { takeKeyChallenge } from '../../auth/browser-challenge.js'
import { enrolmentRight } from '../../auth/enrolment.js'
import { describeOrigin } from '../../http/describe-origin.js'
import { readForm } from '../../http/read-form.js'
import { refuse } from '../../http/refuse.js'
import { safeNext } from '../../http/safe-next.js'
import { addSecurityKey } from '../../otp/webauthn/add-security-key.js'
import type { Account } from '../account.js'
import { finishSetUp, openSetUp } from '../setup/finish-set-up.js'
import { type AddKeyForm, addKeyForm } from './forms.js'
import { showAdd } from './show-add.js'

/** Enrols the key that has answered; with it set-up is finished, as with a device of any other kind. */
export function postKey(account: Account): RequestHandler {
  return async (req, res) => {
    const form = readForm(req, addKeyForm)
    if (!form || !req.user) return refuse(req, res, { status: 400, code: 'bad_request' })
    const added = await addKey(account, req, req.user, form)
    if (!added.ok && added.reason !== 'session_ended') return showAdd(account, req, res, added.reason)
    await finishSetUp(account, req, res, { user: req.user, confirmed: added, next: safeNext(form.next) })
  }
}

function addKey(account: Account, req: Request, user: RequestUser, form: AddKeyForm) {
  const key = {
    userId: user.id,
    name: form.name?.trim() || req.t('keys:add.first_name'),
    response: form.credential ?? '',
    challenge: takeKeyChallenge(req, 'add'),
    ...enrolmentRight(req, user),
    origin: describeOrigin(req),
  }
  return openSetUp(account, req, (opens) => addSecurityKey(account.otp, { ...key, opens }))
}
