import type { Request, RequestHandler, Response } from 'express'
import { isForm, isReadAlready, readBytes } from '../../http/read-form.js'
import { safeNext } from '../../http/safe-next.js'
import { sendPage } from '../../http/send-page.js'
import type { Auth } from '../auth.js'
import { keepRequest, setFormsAside } from './keep-request.js'
import { verifyAddress } from './verify-address.js'

/**
 * Leads a verified person to the step-up page and back. A posted form is put aside until
 * then. What is no form cannot be (files, JSON, more than 16 kB), nor what a framework
 * has read already and keeps elsewhere (Fastify): the page says so.
 *
 * Each tab's form waits for its own token, two forms for one path as well. Whoever asks for the page
 * anew gets the page; what was sent to it before is left to the tab that says so.
 *
 * Forms of people who are not verified are never put aside: nothing that a session without
 * a token has sent lives on in one with a token.
 *
 * @returns for the kinds of device whose token helps (null: any), what answers the request
 */
export function keepForm(auth: Auth): (kinds: readonly string[] | null) => RequestHandler {
  return (kinds) => async (req, res) => {
    const back = safeNext(req.originalUrl)
    const kept = back && isKeepable(req) ? await keep(auth, req, res, back) : null
    res.set('Cache-Control', 'no-store')
    if (kept) return res.redirect(302, verifyAddress(back, kinds, kept.name))
    setFormsAside(req, back)
    const address = verifyAddress(back, kinds)
    if (req.method === 'GET' || req.method === 'HEAD') return res.redirect(302, address)
    res.status(403)
    sendPage(res, 'auth/not-kept', { address })
  }
}

/** No browser compresses a form, and whether a route reads a compressed one is for its own parser to say. */
function isKeepable(req: Request): boolean {
  const isPlain = (req.headers['content-encoding'] ?? 'identity') === 'identity'
  return req.method === 'POST' && isPlain && isForm(req) && !isReadAlready(req)
}

/** @returns null if the form turned out to be too large; `name` for its own page, where another one waits as well */
async function keep(auth: Auth, req: Request, res: Response, url: string): Promise<{ name: string | null } | null> {
  const bytes = await readBytes(req, res)
  if ((bytes === null && req.body === undefined) || !req.user) return null
  return { name: await keepRequest(auth, req, { userId: req.user.id, url, bytes }) }
}
