import { flashTokens, takeFlashedTokens } from './flash-tokens.js'
import { replaceBackupTokens } from './setup.js'
import { staticRoutes } from './routes.js'
import type { KindPages } from '../../account/kind-pages.js'
import { readClientInfo } from '../../http/client/read-client-info.js'

/** Backup tokens are generated with the first device, and later on their own page. */
export const staticPages: KindPages = {
  backups: {
    make: async (account, req, res, userId) =>
      flashTokens(account, req, res, await replaceBackupTokens(account, userId, readClientInfo(req))),
    take: takeFlashedTokens,
  },
  routes: (account) => [staticRoutes(account)],
}
