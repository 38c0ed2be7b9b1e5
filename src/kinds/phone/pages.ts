import type { KindPages } from '../../account/kind-pages.js'
import { postStep } from '../../account/phones/post-step.js'
import { phonesRoutes } from '../../account/phones/routes.js'

const ADD = '/account/two-factor/phones/add'

/** Phones have setup pages of their own; a number that is posted to the wizard starts a setup all the same. */
export const phonePages: KindPages = {
  setupPath: ADD,
  alsoInWizard: {
    starts: ({ method, phone_number: number }) => method === 'phone' && number !== undefined,
    submit: postStep,
  },
  addLink: { path: ADD, text: 'pages:profile.add_phone' },
  routes: (account) => [phonesRoutes(account)],
}
