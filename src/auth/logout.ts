import { Router } from 'express'
import { recordAuditEvent } from '../audit/record-event.js'
import { readClientInfo } from '../http/client/read-client-info.js'
import { parseForms } from '../http/forms/read-form.js'
import { sendPage } from '../http/pages/send-page.js'
import type { Auth } from './auth.js'
import { endSession } from './session/session.js'

/** Creates the routes of `/account/logout`: GET shows the form, POST signs out, also between password and token. */
export function logoutRoutes(auth: Auth, options: { https: boolean }): Router {
  const router = Router({ caseSensitive: true, strict: true })
  router.get('/account/logout', (_req, res) => sendPage(res, 'auth/logout'))
  router.post('/account/logout', ...parseForms(), async (req, res) => {
    const userId = req.user?.id
    await endSession(req, res, options.https)
    if (userId !== undefined) {
      const about = { userId, at: auth.clock.now(), client: readClientInfo(req) }
      await recordAuditEvent(auth.database, undefined, { event: 'signed_out', ...about })
      auth.otp.events.emitAfter('signedOut', about)
    }
    res.redirect(303, '/account/login')
  })
  return router
}
