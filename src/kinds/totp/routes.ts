import { Router } from 'express'
import type { AccountServices } from '../../account/account-services.js'
import { requireFreshToken } from '../../auth/step-up/require-fresh-token.js'
import { showQrCode } from './show-step.js'

/** Creates the route of `/account/two-factor/qrcode`. The other steps are part of the setup wizard. */
export function totpRoutes(account: AccountServices): Router {
  const router = Router({ caseSensitive: true, strict: true })
  router.get('/account/two-factor/qrcode', requireFreshToken(account), showQrCode(account))
  return router
}
