import { Router } from 'express'
import { otpRequired } from '../../auth/otp-required.js'
import { sendPage } from '../../http/send-page.js'
import { devicesForUser } from '../../otp/devices-for-user.js'
import type { Account } from '../account.js'

/** `/account/two-factor`: what signing in takes, and from which devices. */
export function profileRoutes(account: Account): Router {
  const router = Router({ caseSensitive: true, strict: true })
  router.get('/account/two-factor', otpRequired(account, { ifConfigured: true }), async (req, res) => {
    if (!req.user) return
    const devices = await devicesForUser(account.otp, req.user.id)
    sendPage(res, 'account/profile', { devices, moment })
  })
  return router
}

/** `2026-11-22 17:05 UTC` */
function moment(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}
