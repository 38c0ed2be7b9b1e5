import { postStep } from '../../account/email-device/post-step.js'
import { emailDeviceRoutes } from '../../account/email-device/routes.js'
import type { KindPages } from '../../account/kind-pages.js'

/** Email has setup pages of its own. */
export const emailPages: KindPages = {
  setupPath: '/account/two-factor/email/add',
  alsoInWizard: { starts: () => false, submit: postStep },
  routes: (account) => [emailDeviceRoutes(account)],
}
