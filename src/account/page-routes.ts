import type { Router } from 'express'
import { loginRoutes } from '../auth/login/routes.js'
import { logoutRoutes } from '../auth/logout.js'
import { passkeyRoutes } from '../auth/passkey-login/routes.js'
import { securityKeyRoutes } from '../auth/security-key/routes.js'
import type { Account } from './account.js'
import { addedKindsRoutes } from './added-kinds/routes.js'
import { backupTokensRoutes } from './backup-tokens/routes.js'
import { devicesRoutes } from './devices/routes.js'
import { disableRoutes } from './disable/routes.js'
import { emailDeviceRoutes } from './email-device/routes.js'
import { emailRoutes } from './email/routes.js'
import { hardwareTokensRoutes } from './hardware-tokens/routes.js'
import { invitationRoutes } from './invitation/routes.js'
import { languageRoutes } from './language/routes.js'
import { passwordChangeRoutes } from './password-change/routes.js'
import { passwordRoutes } from './password/routes.js'
import { phonesRoutes } from './phones/routes.js'
import { profileRoutes } from './profile/routes.js'
import { refusedTriesRoutes } from './refused-tries/routes.js'
import { securityKeysRoutes } from './security-keys/routes.js'
import { sessionsRoutes } from './sessions/routes.js'
import { setUpRoutes } from './setup/routes.js'
import { trustedBrowsersRoutes } from './trusted-browsers/routes.js'

/** Every page of a person's own account, without the step-up, whose place is in front of the forms that it completes. */
export function pageRoutes(account: Account): Router[] {
  return [
    loginRoutes(account),
    logoutRoutes(account, account),
    securityKeyRoutes(account),
    passkeyRoutes(account),
    setUpRoutes(account),
    invitationRoutes(account),
    ...ownPeopleRoutes(account),
    backupTokensRoutes(account),
    disableRoutes(account),
    securityKeysRoutes(account),
    addedKindsRoutes(account),
    profileRoutes(account),
    devicesRoutes(account),
    sessionsRoutes(account),
    refusedTriesRoutes(account),
    trustedBrowsersRoutes(account),
    hardwareTokensRoutes(account),
    languageRoutes(account),
    phonesRoutes(account),
    emailDeviceRoutes(account),
  ]
}

/** Passwords and addresses; an application with a table of users of its own has pages for them, too. */
function ownPeopleRoutes(account: Account): Router[] {
  return account.hostUsers ? [] : [passwordRoutes(account), passwordChangeRoutes(account), emailRoutes(account)]
}
