import { type RequestHandler, Router } from 'express'
import qrcode from 'qrcode'
import { requireFresh } from '../../auth/step-up/require-fresh.js'
import { trustDays } from '../../auth/trusted-browser/trust-days.js'
import { parseForms } from '../../http/read-form.js'
import { refuse } from '../../http/refuse.js'
import { safeNext } from '../../http/safe-next.js'
import { sendPage } from '../../http/send-page.js'
import type { Account } from '../account.js'
import { takeOver } from '../backup-tokens/hand-over.js'
import { handOn } from './hand-on.js'
import { readSetUp } from './read-set-up.js'
import { showStep } from './show-step.js'
import { postStep } from './post-step.js'

/** The set-up wizard: introduction, method, configuration with validation, complete. Every verb and step is guarded alike (F-28). */
export function setUpRoutes(account: Account): Router {
  const router = Router({ caseSensitive: true, strict: true })
  const fresh = requireFresh(account)
  router.get('/account/two-factor/setup', fresh, showStep(account))
  router.post('/account/two-factor/setup', fresh, ...parseForms(), handOn(account), postStep(account))
  router.get('/account/two-factor/setup/complete', fresh, showComplete(account))
  router.get('/account/two-factor/qrcode', fresh, showQrCode(account))
  return router
}

function showComplete(account: Account): RequestHandler {
  return async (req, res) => {
    if (!req.user?.isVerified()) return res.redirect(302, '/account/two-factor/setup')
    const tokens = await takeOver(account, req, res)
    const next = safeNext(req.query['next']) ?? (req.user.isStaff ? '/admin' : '/account/two-factor')
    sendPage(res, 'account/setup/complete', { tokens, next, trustDays: trustDays(account, req.user) })
  }
}

/** Dark on white with the four modules of quiet zone that readers count on (ISO/IEC 18004 §5.3.8), whatever the page's colours. */
function showQrCode(account: Account): RequestHandler {
  return async (req, res) => {
    const setUp = await readSetUp(account, req)
    if (!setUp) return refuse(req, res, { status: 404, code: 'not_found' })
    res
      .set('Cache-Control', 'no-store')
      .type('svg')
      .send(await qrcode.toString(setUp.uri, { type: 'svg', margin: 4 }))
  }
}
