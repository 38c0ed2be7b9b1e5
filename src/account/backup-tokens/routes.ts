import { type RequestHandler, Router } from 'express'
import { otpRequired } from '../../auth/otp-required.js'
import { hasFormId, newFormId } from '../../auth/repeats/form-id.js'
import { requireFresh } from '../../auth/step-up/require-fresh.js'
import { describeOrigin } from '../../http/describe-origin.js'
import { parseForms } from '../../http/read-form.js'
import { sendPage } from '../../http/send-page.js'
import { redirectDone } from '../../http/step-done.js'
import { devicesForUser } from '../../otp/devices-for-user.js'
import type { Account } from '../account.js'
import { handOver, takeOver } from './hand-over.js'
import { renewBackupTokens } from './renew-backup-tokens.js'

const ADDRESS = '/account/two-factor/backup-tokens'

/** How many backup tokens are left, and a new set, shown once. Only a device opens this page: backup tokens are no first one. */
export function backupTokensRoutes(account: Account): Router {
  const router = Router({ caseSensitive: true, strict: true })
  // The sign-in leads on to set-up, or says whom to ask.
  const guards = [otpRequired(account, { verificationUrl: '/account/login' }), requireFresh(account)]
  router.get(ADDRESS, ...guards, showBackupTokens(account))
  router.post(ADDRESS, ...guards, ...parseForms(), async (req, res) => {
    if (!req.user) return
    handOver(account, req, res, await renewBackupTokens(account, req.user.id, describeOrigin(req)))
    if (hasFormId(req)) redirectDone(res, ADDRESS)
    else res.redirect(303, ADDRESS)
  })
  return router
}

function showBackupTokens(account: Account): RequestHandler {
  return async (req, res) => {
    if (!req.user) return
    const tokens = await takeOver(account, req, res)
    const devices = await devicesForUser(account.otp, req.user.id)
    const left = devices.reduce((sum, device) => sum + (device.remaining ?? 0), 0)
    sendPage(res, 'account/backup-tokens/page', { tokens, left, formId: newFormId(req) })
  }
}
