import type { NextFunction, Request, Response } from 'express'
import type { Auth } from '../auth.js'
import { enforcePolicy } from '../enforce-policy.js'
import { readRequestUser } from '../load-request-user.js'
import { saveSession } from '../session.js'
import { type KeptRequest, takeRequest } from './keep-request.js'
import { wayOn } from './show-verify.js'

/**
 * Completes the form that was put aside for this address, else goes back to where the
 * person came from. The form goes on in this very request, to the site's pages and to the
 * host's routes behind them; the policy and their guards judge it again.
 */
export async function resume(auth: Auth, req: Request, res: Response, next: NextFunction): Promise<void> {
  const way = wayOn(req)
  const isForm = way !== null && req.session.kept?.url === way
  const kept = await takeRequest(auth, req)
  if (!isForm) return res.redirect(303, way ?? '/account/two-factor')
  if (!kept) return res.redirect(303, '/account/two-factor?done=too_late')
  // Whoever uses the session up must find its row.
  await saveSession(req)
  putBack(req, kept)
  await readRequestUser(auth, req)
  // Nothing but a page of ours, or a route behind a guard of ours, has a form kept.
  await enforcePolicy(auth, { knows: () => true })(req, res, next)
}

/** The request's own body is read to its end. Parsers see that, and body-parser 1 by `_body`. */
function putBack(req: Request, { url, body }: KeptRequest): void {
  req.url = req.originalUrl = url
  Object.assign(req, { body, _body: true })
}
