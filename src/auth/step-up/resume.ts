import { type NextFunction, type Request, type RequestHandler, type Response, Router } from 'express'
import { forgetBytes } from '../../http/read-form.js'
import { announce, replayBody } from '../../http/replay-body.js'
import { replayQuery } from '../../http/replay-query.js'
import type { Auth } from '../auth.js'
import { readRequestUser } from '../load-request-user.js'
import { pageAt } from '../way-back.js'
import { saveSession } from '../session.js'
import { findForm, type KeptRequest, setFormsAside, takeRequest } from './keep-request.js'
import { formAt } from './show-verify.js'

/** Requests that continue as the form that was put aside. */
const resumed = new WeakSet<Request>()

/**
 * Judges a form that was put aside by the rules that a new request to its address would meet,
 * and passes every other request on.
 *
 * @param rules the very ones that the site mounts for new requests, so that none is forgotten
 */
export function judgeResumed(...rules: RequestHandler[]): RequestHandler {
  const router = Router().use(...rules)
  return (req, res, next) => (resumed.has(req) ? router(req, res, next) : next())
}

/**
 * Completes the form that was put aside for this address, else goes back to where the
 * person came from. The form goes on in this very request, to the site's pages and to the
 * host's routes behind them; the site's rules, their guards and their parsers judge it again.
 */
export async function resume(auth: Auth, req: Request, res: Response, next: NextFunction): Promise<void> {
  const at = formAt(req)
  const form = findForm(req, at)
  if (!form && at.name !== null) return res.redirect(303, '/account/two-factor?done=form_gone')
  if (!form) return res.redirect(303, pageAt(auth, at.url) ?? '/account/two-factor')
  const kept = await takeRequest(auth, req, form)
  // A token that names no form has completed what was waiting there.
  if (at.name === null) setFormsAside(req, at.url)
  if (!kept) return res.redirect(303, '/account/two-factor?done=too_late')
  // Whoever uses the session up must find its row.
  await saveSession(req)
  putBack(req, kept)
  await readRequestUser(auth, req)
  resumed.add(req)
  next()
}

/** Turns the request into the one that was put aside. Its bytes are there to be read, if nobody had read them. */
function putBack(req: Request, { url, announced, bytes, body, isBare }: KeptRequest): void {
  req.url = req.originalUrl = url
  replayQuery(req)
  announce(req, announced)
  forgetBytes(req)
  const fields = isBare ? Object.assign(Object.create(null), body) : body
  // body-parser 1 takes `_body` for a sign that the body was read.
  Object.assign(req, { body: fields, _body: bytes === null })
  if (bytes !== null) replayBody(req, Buffer.from(bytes, 'base64'))
}
