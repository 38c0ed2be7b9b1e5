import type { Request, RequestHandler } from 'express'
import { readForm } from '../../http/read-form.js'
import { parsePersistentId } from '../../otp/persistent-id.js'
import type { Account } from '../account.js'
import { postStep as postEmail } from '../email-device/post-step.js'
import { postStep as postPhone } from '../phones/post-step.js'
import { type SetUpForm, setUpForm } from './forms.js'
import { methodsOf } from './methods.js'

/**
 * Phones and mailboxes are set up on pages of their own. A number or a code that is posted
 * to the wizard's address all the same is taken as if it had been posted there.
 */
export function handOn(account: Account): RequestHandler {
  const steps = { phone: postPhone(account), email: postEmail(account) }
  return (req, res, next) => {
    const form = readForm(req, setUpForm)
    const kind = form && kindOf(req, form)
    const isOffered = methodsOf(account, req).some(({ name }) => name === kind)
    if (kind && isOffered) return steps[kind](req, res, next)
    next()
  }
}

function kindOf(req: Request, form: SetUpForm): 'phone' | 'email' | null {
  if (form.method !== undefined) return form.method === 'phone' && form.phone_number !== undefined ? 'phone' : null
  const begun = parsePersistentId(req.session.setUp?.device ?? '')?.kind
  const answers = form.otp_token !== undefined || form.otp_challenge !== undefined
  return answers && (begun === 'phone' || begun === 'email') ? begun : null
}
