import type { KindPages } from '../../account/kind-pages.js'
import { submitPhoneStep } from './submit-step.js'
import { phoneRoutes } from './routes.js'

const ADD = '/account/two-factor/phones/add'

/** Phones have setup pages of their own; a number that is posted to the wizard starts a setup all the same. */
export const phonePages: KindPages = {
  setupPath: ADD,
  alsoInWizard: {
    starts: ({ method, phone_number: number }) => method === 'phone' && number !== undefined,
    submit: submitPhoneStep,
  },
  addLink: { path: ADD, text: 'pages:profile.add_phone' },
  routes: (account) => [phoneRoutes(account)],
}
