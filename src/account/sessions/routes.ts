import { Router } from 'express'
import { otpRequired } from '../../auth/otp-required.js'
import { endSession } from '../../auth/session.js'
import { describeOrigin } from '../../http/describe-origin.js'
import { parseForms } from '../../http/read-form.js'
import { sendPage } from '../../http/send-page.js'
import type { Account } from '../account.js'
import { endAllSessions } from './end-all-sessions.js'

/** `/account/two-factor/sessions`: where the alert mail leads. GET asks, POST ends them all. */
export function sessionsRoutes(account: Account): Router {
  const router = Router({ caseSensitive: true, strict: true })
  const mayEnd = otpRequired(account, { ifConfigured: true })
  router.get('/account/two-factor/sessions', mayEnd, (_req, res) => sendPage(res, 'account/sessions'))
  router.post('/account/two-factor/sessions', mayEnd, ...parseForms(), async (req, res) => {
    if (!req.user) return
    await endAllSessions(account, req.user.id, describeOrigin(req))
    await endSession(req, res, account.https)
    res.redirect(303, '/account/login')
  })
  return router
}
