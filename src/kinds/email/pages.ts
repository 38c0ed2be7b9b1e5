import { submitEmailStep } from './submit-step.js'
import { emailRoutes } from './routes.js'
import type { KindPages } from '../../account/kind-pages.js'

/** Email has setup pages of its own. */
export const emailPages: KindPages = {
  setupPath: '/account/two-factor/email/add',
  alsoInWizard: { starts: () => false, submit: submitEmailStep },
  routes: (account) => [emailRoutes(account)],
}
