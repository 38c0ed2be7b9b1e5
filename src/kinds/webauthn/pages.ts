import type { KindPages } from '../../account/kind-pages.js'
import { webauthnRoutes } from './routes.js'
import { passkeyRoutes } from './passkey-routes.js'
import { webauthnLoginRoutes } from './login-routes.js'

const ADD = '/account/two-factor/security-keys/add'

/** Security keys have setup pages of their own, and routes that give the browser its challenges. */
export const webauthnPages: KindPages = {
  setupPath: ADD,
  addLink: { path: ADD, text: 'pages:profile.add_key' },
  routes: (account) => [webauthnLoginRoutes(account), passkeyRoutes(account), webauthnRoutes(account)],
}
