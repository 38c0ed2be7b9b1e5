import { PHONE_SETUP_PATH } from './setup.js'
import type { KindPages } from '../../account/kind-pages.js'
import { submitPhoneStep } from './submit-step.js'
import { phoneRoutes } from './routes.js'

/** Phones have their own setup pages. A number that is posted to the wizard starts a setup as well. */
export const phonePages: KindPages = {
  setupPath: PHONE_SETUP_PATH,
  alsoInWizard: {
    starts: ({ method, phone_number: number }) => method === 'phone' && number !== undefined,
    submit: submitPhoneStep,
  },
  addLink: { path: PHONE_SETUP_PATH, text: 'pages:profile.add_phone' },
  routes: (account) => [phoneRoutes(account)],
}
