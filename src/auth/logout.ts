import { Router } from 'express'
import { recordEvent } from '../audit.js'
import { describeOrigin } from '../http/describe-origin.js'
import { parseForms } from '../http/read-form.js'
import { sendPage } from '../http/send-page.js'
import type { Auth } from './auth.js'
import { endSession } from './session.js'

/** `/account/logout`: GET asks, POST does it, also for somebody between password and token. */
export function logoutRoutes(auth: Auth, options: { https: boolean }): Router {
  const router = Router({ caseSensitive: true, strict: true })
  router.get('/account/logout', (_req, res) => sendPage(res, 'auth/logout'))
  router.post('/account/logout', ...parseForms(), async (req, res) => {
    const userId = req.user?.id
    await endSession(req, res, options.https)
    if (userId !== undefined)
      await recordEvent(auth.database, undefined, {
        event: 'signed_out',
        at: auth.clock.now(),
        userId,
        origin: describeOrigin(req),
      })
    res.redirect(303, '/account/login')
  })
  return router
}
