import type { Request, RequestHandler, Response } from 'express'
import { setupPath } from '../../auth/policy/enrolment.js'
import type { RequestUser } from '../../auth/request-user.js'
import { readForm } from '../../http/forms/read-form.js'
import { rejectRequest } from '../../http/pages/reject-request.js'
import { safeNext } from '../../http/paths/safe-next.js'
import { findSetup } from '../../auth/session/in-progress.js'
import { hasRoomFor } from '../../otp/devices/device-limit.js'
import type { AccountServices } from '../account-services.js'
import { kindsWithPages } from '../kind-pages.js'
import { setupForm } from '../setup-form.js'
import { offeredMethods } from './methods.js'
import { showIntroduction, showMethods } from './show-setup-step.js'

/**
 * Handles a submitted step: a token confirms a device, a method starts a setup, an empty form
 * continues from the introduction.
 */
export function submitSetupStep(account: AccountServices): RequestHandler {
  return async (req, res) => {
    const form = readForm(req, setupForm)
    if (!form || !req.user) return rejectRequest(req, res, { status: 400, code: 'bad_request' })
    const next = safeNext(form.next)
    if (form.otp_token !== undefined) await submitToken(account, req, res, req.user, form.otp_token, next)
    else if (form.method !== undefined) await startMethod(account, req, res, req.user, form.method, next)
    else await continueToMethods(account, req, res, req.user, next)
  }
}

/** Skips the choice if there is only one method. */
async function continueToMethods(
  account: AccountServices,
  req: Request,
  res: Response,
  user: RequestUser,
  next: string | null,
) {
  const [first, ...others] = offeredMethods(account, req)
  if (first && others.length === 0) return startMethod(account, req, res, user, first.name, next)
  const query = new URLSearchParams({ step: 'method', ...(next && { next }) })
  res.redirect(303, `/account/two-factor/setup?${query.toString()}`)
}

async function startMethod(
  account: AccountServices,
  req: Request,
  res: Response,
  user: RequestUser,
  name: string,
  next: string | null,
): Promise<void> {
  const method = offeredMethods(account, req).find((candidate) => candidate.name === name)
  if (!method) return showMethods(account, req, res, next, { code: 'method_not_offered', status: 422 })
  if (!(await hasRoomFor(account.otp, undefined, method.kind, user.id)))
    return showMethods(account, req, res, next, { code: 'too_many_devices', status: 422 })
  if (method.path !== null) return res.redirect(303, withNext(method.path, next))
  await method.steps?.start(account, req, user)
  res.redirect(303, setupPath(next))
}

/** Submits the first token of the device that this session sets up. If there is none, the kind reports it. */
async function submitToken(
  account: AccountServices,
  req: Request,
  res: Response,
  user: RequestUser,
  token: string,
  next: string | null,
): Promise<void> {
  const inWizard = kindsWithPages(account.otp.kinds).filter(({ pages }) => pages.steps)
  const started = inWizard.find(({ name }) => findSetup(req, name)) ?? inWizard[0]
  if (started?.pages.steps) return started.pages.steps.submit(account, req, res, { user, token, next })
  showIntroduction(req, res, next, { code: 'set_up_expired', status: 422 })
}

function withNext(path: string, next: string | null): string {
  return next ? `${path}?next=${encodeURIComponent(next)}` : path
}
