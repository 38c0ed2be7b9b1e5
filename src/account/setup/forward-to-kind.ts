import type { Request, RequestHandler } from 'express'
import { readForm } from '../../http/forms/read-form.js'
import { parsePersistentId } from '../../otp/devices/persistent-id.js'
import type { AccountServices } from '../account-services.js'
import { kindsWithPages } from '../kind-pages.js'
import { type SetupForm, setupForm } from '../setup-form.js'
import { offeredMethods } from './methods.js'

/**
 * Forwards forms to kinds that have their own setup pages and accept their forms at the wizard's
 * path as well: a phone number, or a code for the device that this session sets up.
 */
export function forwardToKind(account: AccountServices): RequestHandler {
  const steps = kindsWithPages(account.otp.kinds).flatMap(({ name, pages }) =>
    pages.alsoInWizard ? [{ name, starts: pages.alsoInWizard.starts, submit: pages.alsoInWizard.submit(account) }] : [],
  )
  return (req, res, next) => {
    const form = readForm(req, setupForm)
    const step = form && steps.find((candidate) => isFor(candidate, req, form))
    const isOffered = offeredMethods(account, req).some(({ name }) => name === step?.name)
    if (step && isOffered) return step.submit(req, res, next)
    next()
  }
}

interface Step {
  name: string
  starts(form: SetupForm): boolean
}

function isFor({ name, starts }: Step, req: Request, form: SetupForm): boolean {
  if (form.method !== undefined) return starts(form)
  const isAnswer = form.otp_token !== undefined || form.otp_challenge !== undefined
  return isAnswer && parsePersistentId(req.session.setup?.device ?? '')?.kind === name
}
