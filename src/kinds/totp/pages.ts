import type { KindPages } from '../../account/kind-pages.js'
import { totpRoutes } from './routes.js'
import { readTotpSetup, startTotpSetup } from './setup.js'
import { showTotpSetup } from './show-step.js'
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
