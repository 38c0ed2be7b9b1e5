import type { Request, RequestHandler } from 'express'
import type { RequestUser } from '../../auth/request-user.js'
import { takeKeyChallenge } from '../../auth/browser-challenge.js'
import { enrolmentRight } from '../../auth/policy/enrolment.js'
import { readClientInfo } from '../../http/client/read-client-info.js'
import { readForm, textField } from '../../http/forms/read-form.js'
import { rejectRequest } from '../../http/pages/reject-request.js'
import { safeNext } from '../../http/paths/safe-next.js'
import { addWebauthnDevice } from './add-device.js'
import type { AccountServices } from '../../account/account-services.js'
import { finishSetup, openSetup } from '../../account/setup/finish-setup.js'
import { showAddKeyForm } from './show-step.js'
import { z } from 'zod'
import { MAX_TOKEN_LENGTH } from '../../otp/kind-registry/kind.js'

/** Enrols the key that responded, which finishes the setup. */
export function submitKey(account: AccountServices): RequestHandler {
  return async (req, res) => {
    const form = readForm(req, addKeyForm)
    if (!form || !req.user) return rejectRequest(req, res, { status: 400, code: 'bad_request' })
    const added = await addKey(account, req, req.user, form)
    if (!added.ok && added.reason !== 'session_ended') return showAddKeyForm(account, req, res, added.reason)
    await finishSetup(account, req, res, { user: req.user, confirmed: added, next: safeNext(form.next) })
  }
}

function addKey(account: AccountServices, req: Request, user: RequestUser, form: AddKeyForm) {
  const key = {
    userId: user.id,
    name: form.name?.trim() || req.t('keys:add.first_name'),
    response: form.credential ?? '',
    challenge: takeKeyChallenge(req, 'add'),
    ...enrolmentRight(req, user),
    client: readClientInfo(req),
  }
  return openSetup(account, req, (opens) => addWebauthnDevice(account.otp, { ...key, opens }))
}

/** `credential` is filled in by the script. */
export const addKeyForm = z.object({
  name: textField(256),
  credential: textField(MAX_TOKEN_LENGTH),
  next: textField(2000),
})

export type AddKeyForm = z.infer<typeof addKeyForm>
