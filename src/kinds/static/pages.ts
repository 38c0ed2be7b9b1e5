import { flashTokens, takeFlashedTokens } from './flash-tokens.js'
import { replaceBackupTokens } from './setup.js'
import { staticRoutes } from './routes.js'
import type { KindPages } from '../../account/kind-pages.js'
import { readClientInfo } from '../../http/read-client-info.js'

/** Backup tokens are made with the first device, and anew on a page of their own. */
export const staticPages: KindPages = {
  backups: {
    make: async (account, req, res, userId) =>
      flashTokens(account, req, res, await replaceBackupTokens(account, userId, readClientInfo(req))),
    take: takeFlashedTokens,
  },
  routes: (account) => [staticRoutes(account)],
}
