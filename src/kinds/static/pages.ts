import { handOver, takeOver } from '../../account/backup-tokens/hand-over.js'
import { renewBackupTokens } from '../../account/backup-tokens/renew-backup-tokens.js'
import { backupTokensRoutes } from '../../account/backup-tokens/routes.js'
import type { KindPages } from '../../account/kind-pages.js'
import { describeOrigin } from '../../http/describe-origin.js'

/** Backup tokens are made with the first device, and anew on a page of their own. */
export const staticPages: KindPages = {
  backups: {
    make: async (account, req, res, userId) =>
      handOver(account, req, res, await renewBackupTokens(account, userId, describeOrigin(req))),
    take: takeOver,
  },
  routes: (account) => [backupTokensRoutes(account)],
}
