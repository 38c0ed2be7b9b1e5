import type { Request, RequestHandler, Response } from 'express'
import { isAcceptedForm, isBodyConsumed, readBytes } from '../../http/forms/read-form.js'
import { safeNext } from '../../http/paths/safe-next.js'
import { sendPage } from '../../http/pages/send-page.js'
import type { Auth } from '../auth.js'
import { savePendingRequest, setFormsAside } from './pending-request.js'
import { stepUpPath } from '../step-up-path.js'

/**
 * Redirects a verified user to the step-up page, from which they return. A submitted form is stored
 * until then. Files, JSON and bodies over 16 kB cannot be stored, nor can a form that a framework
 * such as Fastify has read already and stored elsewhere: a page explains that.
 *
 * The form of each tab waits for its own token, even if two tabs submit to one path. A GET of the
 * path shows the page; forms submitted to it before are left to the tabs that name them.
 *
 * Forms of unverified users are never stored: nothing that was sent without a token may continue
 * in a session with one.
 *
 * @returns a function of the accepted kinds of device (null: any) that returns the handler
 */
export function savePendingForm(auth: Auth): (kinds: readonly string[] | null) => RequestHandler {
  return (kinds) => async (req, res) => {
    const back = safeNext(req.originalUrl)
    const saved = back && canSave(req) ? await save(auth, req, res, back) : null
    res.set('Cache-Control', 'no-store')
    if (saved) return res.redirect(302, stepUpPath(back, kinds, saved.name))
    setFormsAside(req, back)
    const address = stepUpPath(back, kinds)
    if (req.method === 'GET' || req.method === 'HEAD') return res.redirect(302, address)
    res.status(403)
    sendPage(res, 'auth/not-kept', { address })
  }
}

/** Whether a form can be stored. A compressed one cannot: browsers do not send it, and parsers differ in accepting it. */
function canSave(req: Request): boolean {
  const isPlain = (req.headers['content-encoding'] ?? 'identity') === 'identity'
  return req.method === 'POST' && isPlain && isAcceptedForm(req) && !isBodyConsumed(req)
}

/** @returns null if the form is too large; otherwise the `name` for its own page if another form waits for the path */
async function save(auth: Auth, req: Request, res: Response, url: string): Promise<{ name: string | null } | null> {
  const bytes = await readBytes(req, res)
  if ((bytes === null && req.body === undefined) || !req.user) return null
  return { name: await savePendingRequest(auth, req, { userId: req.user.id, url, bytes }) }
}
