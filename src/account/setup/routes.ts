import { type RequestHandler, Router } from 'express'
import type { RequestUser } from '../../auth/request-user.js'
import { requireFresh } from '../../auth/step-up/require-fresh.js'
import { trustDays } from '../../auth/trust-days.js'
import { parseForms } from '../../http/read-form.js'
import { safeNext } from '../../http/safe-next.js'
import { sendPage } from '../../http/send-page.js'
import { devicesForUser } from '../../otp/devices-for-user.js'
import type { Account } from '../account.js'
import { backupSets } from '../kind-pages.js'
import { forwardToKind } from './forward-to-kind.js'
import { showStep } from './show-step.js'
import { postStep } from './post-step.js'

/** The set-up wizard: introduction, method, configuration with validation, complete. Every verb and step is guarded alike (F-28). */
export function setUpRoutes(account: Account): Router {
  const router = Router({ caseSensitive: true, strict: true })
  const fresh = requireFresh(account)
  router.get('/account/two-factor/setup', fresh, showStep(account))
  router.post('/account/two-factor/setup', fresh, ...parseForms(), forwardToKind(account), postStep(account))
  router.get('/account/two-factor/setup/complete', fresh, showComplete(account))
  return router
}

function showComplete(account: Account): RequestHandler {
  return async (req, res) => {
    if (!req.user?.isVerified()) return res.redirect(302, '/account/two-factor/setup')
    const tokens = (await backupSets(account)?.take(account, req, res)) ?? null
    const next = safeNext(req.query['next']) ?? (req.user.isStaff ? '/admin' : '/account/two-factor')
    const device = await verifiedWith(account, req.user)
    sendPage(res, 'account/setup/complete', { device, tokens, next, trustDays: trustDays(account, req.user) })
  }
}

/** The name of the device that verified the session last: the one that was set up. Null if it was removed since. */
async function verifiedWith({ otp }: Account, user: RequestUser): Promise<string | null> {
  const devices = await devicesForUser(otp, user.id)
  return devices.find(({ persistentId }) => persistentId === user.otpDevice)?.name ?? null
}
