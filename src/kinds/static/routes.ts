import { type RequestHandler, Router } from 'express'
import { otpRequired } from '../../auth/guards/otp-required.js'
import { hasFormId, newFormId } from '../../auth/repeats/form-id.js'
import { requireFreshToken } from '../../auth/step-up/require-fresh-token.js'
import { readClientInfo } from '../../http/client/read-client-info.js'
import { parseForms } from '../../http/forms/read-form.js'
import { sendPage } from '../../http/pages/send-page.js'
import { redirectDone } from '../../http/step-done.js'
import { devicesForUser } from '../../otp/devices/devices-for-user.js'
import type { AccountServices } from '../../account/account-services.js'
import { flashTokens, takeFlashedTokens } from './flash-tokens.js'
import { replaceBackupTokens } from './setup.js'

const PATH = '/account/two-factor/backup-tokens'

/**
 * Creates the routes of `/account/two-factor/backup-tokens`: how many tokens are left, and a new set,
 * which is shown once. They require a verified user, so a set cannot be the first device.
 */
export function staticRoutes(account: AccountServices): Router {
  const router = Router({ caseSensitive: true, strict: true })
  // The sign-in page redirects to the setup, or explains who can help.
  const guards = [otpRequired(account, { verificationUrl: '/account/login' }), requireFreshToken(account)]
  router.get(PATH, ...guards, showBackupTokens(account))
  router.post(PATH, ...guards, ...parseForms(), async (req, res) => {
    if (!req.user) return
    flashTokens(account, req, res, await replaceBackupTokens(account, req.user.id, readClientInfo(req)))
    if (hasFormId(req)) redirectDone(res, PATH)
    else res.redirect(303, PATH)
  })
  return router
}

function showBackupTokens(account: AccountServices): RequestHandler {
  return async (req, res) => {
    if (!req.user) return
    const tokens = await takeFlashedTokens(account, req, res)
    const devices = await devicesForUser(account.otp, req.user.id)
    const left = devices.reduce((sum, device) => sum + (device.remaining ?? 0), 0)
    sendPage(res, 'account/backup-tokens/page', { tokens, left, formId: newFormId(req) })
  }
}
