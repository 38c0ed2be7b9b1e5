import type { KindPages } from '../../account/kind-pages.js'
import { securityKeysRoutes } from '../../account/security-keys/routes.js'
import { passkeyRoutes } from '../../auth/passkey-login/routes.js'
import { securityKeyRoutes } from '../../auth/security-key/routes.js'

const ADD = '/account/two-factor/security-keys/add'

/** Security keys have setup pages of their own, and routes that give the browser its challenges. */
export const webauthnPages: KindPages = {
  setupPath: ADD,
  addLink: { path: ADD, text: 'pages:profile.add_key' },
  routes: (account) => [securityKeyRoutes(account), passkeyRoutes(account), securityKeysRoutes(account)],
}
