import { submitEmailStep } from './submit-step.js'
import { emailRoutes } from './routes.js'
import { EMAIL_SETUP_PATH } from './setup.js'
import type { KindPages } from '../../account/kind-pages.js'

/** Email has its own setup pages. A code that is posted to the wizard is accepted as well. */
export const emailPages: KindPages = {
  setupPath: EMAIL_SETUP_PATH,
  alsoInWizard: { starts: () => false, submit: submitEmailStep },
  routes: (account) => [emailRoutes(account)],
}
