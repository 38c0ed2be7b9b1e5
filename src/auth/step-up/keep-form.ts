import { type Request, type RequestHandler, Router } from 'express'
import { isForm, isReadAlready, parseForms } from '../../http/read-form.js'
import { safeNext } from '../../http/safe-next.js'
import { sendPage } from '../../http/send-page.js'
import type { Auth } from '../auth.js'
import { keepRequest } from './keep-request.js'
import { verifyAddress } from './verify-address.js'

/**
 * Leads a verified person to the step-up page and back. A posted form is put aside until
 * then. What is no form cannot be (files, JSON, more than 16 kB), nor what a framework
 * has read already and keeps elsewhere (Fastify): the page says so.
 *
 * Forms of people who are not verified are never put aside: nothing that a session without
 * a token has sent lives on in one with a token.
 *
 * @returns for the kinds of device whose token helps (null: any), what answers the request
 */
export function keepForm(auth: Auth): (kinds: readonly string[] | null) => RequestHandler {
  return (kinds) => (req, res, next) => {
    const back = safeNext(req.originalUrl)
    const address = verifyAddress(back, kinds)
    res.set('Cache-Control', 'no-store')
    delete req.session.kept
    if (req.method === 'GET' || req.method === 'HEAD') return res.redirect(302, address)
    const keepable = req.method === 'POST' && isForm(req) && !isReadAlready(req)
    if (keepable && back) return keep(auth, address, back)(req, res, next)
    res.status(403)
    sendPage(res, 'auth/not-kept', { address })
  }
}

/** Reads the form as our own pages would; a parser of the host's may have done it already. */
function keep(auth: Auth, address: string, back: string): RequestHandler {
  return Router().use(...parseForms(), async (req: Request, res) => {
    if (req.user) await keepRequest(auth, req, req.user.id, back)
    res.redirect(302, address)
  })
}
