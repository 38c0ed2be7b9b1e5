import { hotpRoutes } from './routes.js'
import type { KindPages } from '../../account/kind-pages.js'

const TOKENS = '/account/two-factor/hardware-tokens'

/** Hardware tokens are not in the wizard: few people have one, and it needs its key. */
export const hotpPages: KindPages = {
  addLink: { path: `${TOKENS}/add`, text: 'pages:profile.add_token' },
  deviceLink: {
    path: (id) => `${TOKENS}/${id}/synchronise`,
    text: 'pages:profile.synchronise',
    label: 'pages:profile.synchronise_named',
  },
  routes: (account) => [hotpRoutes(account)],
}
