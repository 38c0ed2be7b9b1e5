import { hotpRoutes } from './routes.js'
import type { KindPages } from '../../account/kind-pages.js'

const TOKENS_PATH = '/account/two-factor/hardware-tokens'

/** Hardware tokens are not in the wizard: few people have one, and its key must be entered. */
export const hotpPages: KindPages = {
  addLink: { path: `${TOKENS_PATH}/add`, text: 'pages:profile.add_token' },
  deviceLink: {
    path: (id) => `${TOKENS_PATH}/${id}/synchronise`,
    text: 'pages:profile.synchronise',
    label: 'pages:profile.synchronise_named',
  },
  routes: (account) => [hotpRoutes(account)],
}
