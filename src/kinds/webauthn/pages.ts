import type { KindPages } from '../../account/kind-pages.js'
import { ADD_PATH, webauthnRoutes } from './routes.js'
import { passkeyRoutes } from './passkey-routes.js'
import { webauthnLoginRoutes } from './login-routes.js'

/** Security keys have their own setup pages, and routes that send the browser its challenges. */
export const webauthnPages: KindPages = {
  setupPath: ADD_PATH,
  addLink: { path: ADD_PATH, text: 'pages:profile.add_key' },
  routes: (account) => [webauthnLoginRoutes(account), passkeyRoutes(account), webauthnRoutes(account)],
}
