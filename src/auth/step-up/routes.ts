import { type NextFunction, type Request, type RequestHandler, type Response, Router } from 'express'
import { z } from 'zod'
import { field, parseForms, readForm } from '../../http/read-form.js'
import { refuse } from '../../http/refuse.js'
import { loginAddress, safeNext } from '../../http/safe-next.js'
import { devicesForUser } from '../../otp/devices-for-user.js'
import { RESPONSE_LENGTH } from '../../otp/webauthn/parse-response.js'
import type { Auth } from '../auth.js'
import { loadRequestUser } from '../load-request-user.js'
import type { Refused } from '../login/answer.js'
import { askToken } from '../login/ask-token.js'
import { usable } from '../login/read-stage.js'
import { alert, sendTokenPage } from '../login/show-step.js'
import type { RequestUser } from '../request-user.js'
import { verifyAddress } from './require-fresh.js'
import { deviceFactor, renewSession, useUpSession } from '../session.js'
import { takeRequest } from './keep-request.js'

const verifyForm = z.object({
  otp_device: field(32),
  otp_token: field(RESPONSE_LENGTH),
  otp_challenge: field(32),
  next: field(2000),
})

/**
 * `/account/verify`: asks somebody who is signed in and verified for another token. Mounted
 * before every page that a form may have been kept for: it hands that form on to them.
 */
export function verifyRoutes(auth: Auth): Router {
  const router = Router({ caseSensitive: true, strict: true })
  router.get('/account/verify', refuseUnverified, async (req, res) => {
    if (req.user) await showVerify(auth, req, res, req.user, null)
  })
  router.post('/account/verify', ...parseForms(), refuseUnverified, postToken(auth))
  return router
}

/** Whoever is not verified is asked at sign-in, and is fresh afterwards. */
const refuseUnverified: RequestHandler = (req, res, next) => {
  if (req.user?.isVerified()) next()
  else res.redirect(302, loginAddress(wayOn(req)))
}

function postToken(auth: Auth): RequestHandler {
  return async (req, res, next) => {
    const form = readForm(req, verifyForm)
    if (!form || !req.user) return refuse(req, res, { status: 400, code: 'bad_request' })
    const devices = usable(await devicesForUser(auth.otp, req.user.id))
    const answer = await askToken(auth, req, { userId: req.user.id, devices }, form)
    if (!answer.ok) return showVerify(auth, req, res, req.user, answer)
    if ('challenged' in answer) return res.redirect(303, verifyAddress(wayOn(req)))
    await auth.addressLimit.giveBack(req.ip ?? '')
    // Of two at once with one session, one goes on.
    if (!(await useUpSession(req))) return res.redirect(303, loginAddress(wayOn(req)))
    await renewSession(req, deviceFactor(answer.device, auth.clock.now()))
    await goOn(auth, req, res, next, req.user)
  }
}

/** Completes the form that was put aside for this address, else goes back to where the person came from. */
async function goOn(auth: Auth, req: Request, res: Response, next: NextFunction, user: RequestUser): Promise<void> {
  const way = wayOn(req)
  const isForm = way !== null && req.session.kept?.url === way
  const kept = await takeRequest(auth, req, user.id)
  if (!isForm) return res.redirect(303, way ?? '/account/two-factor')
  if (!kept) return res.redirect(303, '/account/two-factor?done=too_late')
  req.url = req.originalUrl = kept.url
  req.body = kept.body
  await loadRequestUser(auth)(req, res, next)
}

async function showVerify(
  auth: Auth,
  req: Request,
  res: Response,
  user: RequestUser,
  refusal: Refused | null,
): Promise<void> {
  const devices = usable(await devicesForUser(auth.otp, user.id))
  if (refusal) res.status(refusal.status)
  if (refusal?.retryAfter !== undefined) res.set('Retry-After', String(refusal.retryAfter))
  const next = wayOn(req) ?? ''
  const completes = req.session.kept?.url === next
  sendTokenPage(auth, req, res, 'auth/verify', devices, { next, completes, alert: alert(req, refusal) })
}

function wayOn(req: Request): string | null {
  const typed: Record<string, unknown> = req.body ?? {}
  return safeNext(req.method === 'POST' ? typed['next'] : req.query['next'])
}
