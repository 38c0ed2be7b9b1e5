import { type RequestHandler, Router } from 'express'
import { z } from 'zod'
import { otpRequired } from '../../auth/guards/otp-required.js'
import { endSession, continueSession } from '../../auth/session/session.js'
import { readClientInfo } from '../../http/client/read-client-info.js'
import { textField, parseForms, readForm } from '../../http/forms/read-form.js'
import { rejectRequest } from '../../http/pages/reject-request.js'
import { loginPath } from '../../http/paths/safe-next.js'
import { sendPage } from '../../http/pages/send-page.js'
import { redirectDone } from '../../http/step-done.js'
import type { AccountServices } from '../account-services.js'
import { profilePath } from '../notices.js'
import { endAllSessions, endOneSession } from './end-own-sessions.js'
import { findSession } from './list-sessions.js'

const SESSIONS = '/account/two-factor/sessions'

const endForm = z.object({ session: textField(64) })

/** Ends the user's own sessions: all of them (emails link to this page), all others, or a single one. */
export function sessionsRoutes(account: AccountServices): Router {
  const router = Router({ caseSensitive: true, strict: true })
  const guard = otpRequired(account, { ifConfigured: true })
  router.get(SESSIONS, guard, (_req, res) => sendPage(res, 'account/sessions'))
  router.post(SESSIONS, guard, ...parseForms(), postAll(account))
  router.post(`${SESSIONS}/others`, guard, ...parseForms(), postOthers(account))
  router.post(`${SESSIONS}/end`, guard, ...parseForms(), postOne(account))
  return router
}

function postAll(account: AccountServices): RequestHandler {
  return async (req, res) => {
    if (!req.user) return
    await endAllSessions(account, { userId: req.user.id, epoch: req.session.epoch }, readClientInfo(req))
    await endSession(req, res, account.https)
    res.redirect(303, '/account/login')
  }
}

function postOthers(account: AccountServices): RequestHandler {
  return async (req, res) => {
    if (!req.user) return
    const session = { userId: req.user.id, epoch: req.session.epoch }
    const epoch = await endAllSessions(account, session, readClientInfo(req))
    const isSignedIn = epoch !== null && (await continueSession(req, epoch))
    res.redirect(303, isSignedIn ? profilePath('sessions_ended') : loginPath(null))
  }
}

function postOne(account: AccountServices): RequestHandler {
  return async (req, res) => {
    const form = readForm(req, endForm)
    if (!form || !req.user) return rejectRequest(req, res, { status: 400, code: 'bad_request' })
    const sid = await findSession(account, req.user.id, form.session ?? '')
    const ended = sid !== null && (await endOneSession(account, req.user.id, sid, readClientInfo(req)))
    if (!ended) return rejectRequest(req, res, { status: 404, code: 'not_found' })
    redirectDone(res, profilePath('session_ended'))
  }
}
