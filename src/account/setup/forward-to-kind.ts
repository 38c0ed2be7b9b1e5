import type { Request, RequestHandler } from 'express'
import { readForm } from '../../http/read-form.js'
import { parsePersistentId } from '../../otp/persistent-id.js'
import type { Account } from '../account.js'
import { kindsWithPages } from '../kind-pages.js'
import { type SetUpForm, setUpForm } from './forms.js'
import { methodsOf } from './methods.js'

/**
 * Some kinds are set up on pages of their own and accept their forms at the wizard's URL as well:
 * a phone number, or a code for the device that this session sets up.
 */
export function forwardToKind(account: Account): RequestHandler {
  const steps = kindsWithPages(account.otp.kinds).flatMap(({ name, pages }) =>
    pages.alsoInWizard ? [{ name, starts: pages.alsoInWizard.starts, submit: pages.alsoInWizard.submit(account) }] : [],
  )
  return (req, res, next) => {
    const form = readForm(req, setUpForm)
    const step = form && steps.find((candidate) => isFor(candidate, req, form))
    const isOffered = methodsOf(account, req).some(({ name }) => name === step?.name)
    if (step && isOffered) return step.submit(req, res, next)
    next()
  }
}

interface Step {
  name: string
  starts(form: SetUpForm): boolean
}

function isFor({ name, starts }: Step, req: Request, form: SetUpForm): boolean {
  if (form.method !== undefined) return starts(form)
  const isAnswer = form.otp_token !== undefined || form.otp_challenge !== undefined
  return isAnswer && parsePersistentId(req.session.setUp?.device ?? '')?.kind === name
}
