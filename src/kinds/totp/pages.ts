import { Router } from 'express'
import type { AccountServices } from '../../account/account-services.js'
import type { KindPages } from '../../account/kind-pages.js'
import { requireFreshToken } from '../../auth/step-up/require-fresh-token.js'
import { readTotpSetup, startTotpSetup } from './setup.js'
import { showQrCode, showTotpSetup } from './show-step.js'
import { submitTotpStep } from './submit-step.js'

/** Authenticator apps are set up in the wizard itself. */
export const totpPages: KindPages = {
  setupPath: null,
  steps: {
    start: startTotpSetup,
    async show(account, req, res, next) {
      const setup = await readTotpSetup(account, req)
      if (setup) showTotpSetup(req, res, setup, next, null)
      return setup !== null
    },
    submit: submitTotpStep,
  },
  routes: (account) => [totpRoutes(account)],
}

/** Creates the route of `/account/two-factor/qrcode`. The other steps are part of the setup wizard. */
function totpRoutes(account: AccountServices): Router {
  const router = Router({ caseSensitive: true, strict: true })
  router.get('/account/two-factor/qrcode', requireFreshToken(account), showQrCode(account))
  return router
}
