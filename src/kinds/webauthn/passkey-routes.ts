import { type Request, type RequestHandler, type Response, Router } from 'express'
import { z } from 'zod'
import { formatDuration } from '../../http/pages/format-duration.js'
import { networkSender } from '../../http/client/ip-rate-limit.js'
import { textField, parseForms, readForm } from '../../http/forms/read-form.js'
import { rejectRequest } from '../../http/pages/reject-request.js'
import { createPasskeyOptions } from './authentication-options.js'
import { MAX_TOKEN_LENGTH } from '../../otp/kind-registry/kind.js'
import type { Auth } from '../../auth/auth.js'
import { showLoginStep } from '../../auth/login/show-login-step.js'
import { keepKeyChallenge } from '../../auth/browser-challenge.js'
import { submitPasskey } from './submit-passkey.js'

const passkeyForm = z.object({ otp_token: textField(MAX_TOKEN_LENGTH), next: textField(2000) })

/** Creates the routes of `/account/login/passkey`: a sign-in with a passkey alone, if `OTP_PASSKEY_LOGIN` allows it. */
export function passkeyRoutes(auth: Auth): Router {
  const router = Router({ caseSensitive: true, strict: true })
  const guard = rejectUnlessEnabled(auth)
  router.post('/account/login/passkey', guard, ...parseForms(), postPasskey(auth))
  router.post('/account/login/passkey/options', guard, postOptions(auth))
  return router
}

function rejectUnlessEnabled({ config }: Auth): RequestHandler {
  return (req, res, next) =>
    config.otpPasskeyLogin ? next() : rejectRequest(req, res, { status: 404, code: 'not_found' })
}

function postPasskey(auth: Auth): RequestHandler {
  return async (req, res) => {
    const form = readForm(req, passkeyForm)
    if (!form) return rejectRequest(req, res, { status: 400, code: 'bad_request' })
    const result = await submitPasskey(auth, req, form)
    if (result.ok) return res.redirect(303, result.location)
    await showLoginStep(auth, req, res, { step: 'password', expired: false }, result)
  }
}

/**
 * Responds with the options for the browser's passkey request. It creates a row and a session, so
 * it is counted for the IP address as a failed sign-in until one succeeds.
 */
function postOptions(auth: Auth): RequestHandler {
  return async (req, res) => {
    const waitSeconds = await auth.ipRateLimit.take(networkSender(req))
    if (waitSeconds !== null) return rejectScript(req, res, waitSeconds)
    const created = await createPasskeyOptions(auth.otp, req.session.keyChallenge?.id)
    if (!created) return rejectRequest(req, res, { status: 404, code: 'not_found' })
    keepKeyChallenge(req, 'sign_in', created.challenge)
    res.set('Cache-Control', 'no-store').json(created.options)
  }
}

function rejectScript(req: Request, res: Response, waitSeconds: number): void {
  const code = 'n_failed_attempts'
  const message = req.t(`errors:${code}`, { wait: formatDuration(waitSeconds, req.language) })
  res
    .status(429)
    .set({ 'Retry-After': String(waitSeconds), 'Cache-Control': 'no-store' })
    .json({ error: { code, message } })
}
