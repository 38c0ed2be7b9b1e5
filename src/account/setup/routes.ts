import { type RequestHandler, Router } from 'express'
import type { RequestUser } from '../../auth/request-user.js'
import { requireFreshToken } from '../../auth/step-up/require-fresh-token.js'
import { trustDays } from '../../auth/policy/trust-days.js'
import { parseForms } from '../../http/forms/read-form.js'
import { safeNext } from '../../http/paths/safe-next.js'
import { sendPage } from '../../http/pages/send-page.js'
import { devicesForUser } from '../../otp/devices/devices-for-user.js'
import type { AccountServices } from '../account-services.js'
import { backupSets } from '../kind-pages.js'
import { forwardToKind } from './forward-to-kind.js'
import { rejectFullKinds } from './reject-full-kinds.js'
import { showSetupStep } from './show-setup-step.js'
import { submitSetupStep } from './submit-setup-step.js'

/**
 * The setup wizard: introduction, method, configuration with validation, complete. All steps and
 * HTTP methods have the same guard.
 */
export function setupRoutes(account: AccountServices): Router {
  const router = Router({ caseSensitive: true, strict: true })
  const fresh = requireFreshToken(account)
  router.use(rejectFullKinds(account))
  router.get('/account/two-factor/setup', fresh, showSetupStep(account))
  router.post('/account/two-factor/setup', fresh, ...parseForms(), forwardToKind(account), submitSetupStep(account))
  router.get('/account/two-factor/setup/complete', fresh, showComplete(account))
  return router
}

function showComplete(account: AccountServices): RequestHandler {
  return async (req, res) => {
    if (!req.user?.isVerified()) return res.redirect(302, '/account/two-factor/setup')
    const tokens = (await backupSets(account)?.take(account, req, res)) ?? null
    const next = safeNext(req.query['next']) ?? (req.user.isStaff ? '/admin' : '/account/two-factor')
    const device = await verifiedWith(account, req.user)
    sendPage(res, 'account/setup/complete', { device, tokens, next, trustDays: trustDays(account, req.user) })
  }
}

/** Returns the name of the device that verified the session last, which was set up; null if it has been removed. */
async function verifiedWith({ otp }: AccountServices, user: RequestUser): Promise<string | null> {
  const devices = await devicesForUser(otp, user.id)
  return devices.find(({ persistentId }) => persistentId === user.otpDevice)?.name ?? null
}
