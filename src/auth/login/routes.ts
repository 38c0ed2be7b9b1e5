import { type Request, type RequestHandler, type Response, Router } from 'express'
import { z } from 'zod'
import { parseForms, passwordField, readForm, textField } from '../../http/forms/read-form.js'
import { rejectRequest } from '../../http/pages/reject-request.js'
import { safeNext } from '../../http/paths/safe-next.js'
import { MAX_TOKEN_LENGTH } from '../../otp/kind-registry/kind.js'
import type { Auth } from '../auth.js'
import { setupPath } from '../policy/enrolment.js'
import { readLoginStep, type LoginStep } from './read-login-step.js'
import { showLoginStep } from './show-login-step.js'
import { wayIn } from './sign-in.js'
import { type StepResult, rejectStep } from './step-result.js'
import { submitPassword } from './submit-password.js'
import { submitToken } from './submit-token.js'

/** Both steps post to one path. The session and the fields together show which step it is. */
const loginForm = z.object({
  username: textField(254),
  password: passwordField(1024),
  otp_device: textField(32),
  otp_token: textField(MAX_TOKEN_LENGTH),
  otp_challenge: textField(32),
  trust_browser: textField(8),
  next: textField(2000),
})

type LoginForm = z.infer<typeof loginForm>

/** Creates the routes of `/account/login`, which serves both steps. */
export function loginRoutes(auth: Auth): Router {
  const router = Router({ caseSensitive: true, strict: true })
  router.get('/account/login', showLogin(auth))
  router.post('/account/login', ...parseForms(), postLogin(auth))
  return router
}

function showLogin(auth: Auth): RequestHandler {
  return async (req, res) => {
    const stage = await readLoginStep(auth, req)
    if (lacksFirstDevice(auth, req, stage)) return res.redirect(302, setupPath(safeNext(req.query['next'])))
    await showLoginStep(auth, req, res, stage, null)
  }
}

/** Whether a signed-in user has no device for the token step, and can set up their first one. */
function lacksFirstDevice({ config }: Auth, req: Request, stage: LoginStep): boolean {
  if (!req.user || stage.step === 'password' || stage.devices.length > 0) return false
  return req.session.invitedAt !== undefined || (config.otpEnrolment === 'self' && !stage.hasFactor)
}

function postLogin(auth: Auth): RequestHandler {
  return async (req, res) => {
    const form = readForm(req, loginForm)
    if (!form) return rejectRequest(req, res, { status: 400, code: 'bad_request' })
    const stage = await readLoginStep(auth, req)
    const answer = await submitStep(auth, req, stage, form)
    if (answer.ok) return res.redirect(303, answer.location)
    // If the password was correct but the first code could not be delivered, the token step is shown.
    const current = answer.step === 'token' && stage.step === 'password' ? await readLoginStep(auth, req) : stage
    await showRejectedStep(auth, req, res, current, answer)
  }
}

/** Handles a submitted form. One with a login or a password starts a new sign-in, at any step. */
async function submitStep(auth: Auth, req: Request, stage: LoginStep, form: LoginForm): Promise<StepResult> {
  const hasPassword = form.username !== undefined || form.password !== undefined
  if (hasPassword) return submitPassword(auth, req, form)
  if (stage.step === 'token') return submitToken(auth, req, stage, form)
  const isToken = form.otp_token !== undefined || form.otp_device !== undefined || form.otp_challenge !== undefined
  if (!isToken) return rejectStep('password', 'invalid_login')
  // Another tab has finished the sign-in. The submitted token is not consumed.
  if (req.user?.isVerified()) return { ok: true, location: wayIn(req.user, safeNext(form.next)) }
  delete req.session.pending
  if (stage.expired) req.log.info('sign-in expired between password and second factor')
  return rejectStep('password', 'login_expired')
}

async function showRejectedStep(
  auth: Auth,
  req: Request,
  res: Response,
  stage: LoginStep,
  answer: Extract<StepResult, { ok: false }>,
): Promise<void> {
  const shown: LoginStep = answer.step === 'token' ? stage : { step: 'password', expired: false }
  await showLoginStep(auth, req, res, shown, answer)
}
