import { type RequestHandler, Router } from 'express'
import { z } from 'zod'
import { otpRequired } from '../../auth/guards/otp-required.js'
import { textField, parseForms, readForm } from '../../http/forms/read-form.js'
import { rejectRequest } from '../../http/pages/reject-request.js'
import type { AccountServices } from '../account-services.js'

const answerForm = z.object({ answer: textField(16) })

/** Dismisses the notice about failed attempts. Users who did not make them are redirected to what they can do. */
export function failedAttemptsRoutes(account: AccountServices): Router {
  const router = Router({ caseSensitive: true, strict: true })
  const guard = otpRequired(account, { ifConfigured: true })
  router.post('/account/two-factor/refused-tries', guard, ...parseForms(), postAnswer(account))
  return router
}

function postAnswer({ hostUsers }: AccountServices): RequestHandler {
  return (req, res) => {
    const form = readForm(req, answerForm)
    if (!form) return rejectRequest(req, res, { status: 400, code: 'bad_request' })
    delete req.session.failedAttempts
    // If the host application owns the users, it also owns their passwords.
    const help = hostUsers === null ? '/account/password/change' : '/account/two-factor/sessions'
    res.redirect(303, form.answer === 'not_mine' ? help : '/account/two-factor')
  }
}
