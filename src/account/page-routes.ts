import type { Router } from 'express'
import { loginRoutes } from '../auth/login/routes.js'
import { logoutRoutes } from '../auth/logout.js'
import type { Account } from './account.js'
import { addedKindsRoutes } from './added-kinds/routes.js'
import { devicesRoutes } from './devices/routes.js'
import { disableRoutes } from './disable/routes.js'
import { emailRoutes } from './email/routes.js'
import { invitationRoutes } from './invitation/routes.js'
import { kindsWithPages } from './kind-pages.js'
import { languageRoutes } from './language/routes.js'
import { passwordChangeRoutes } from './password-change/routes.js'
import { passwordRoutes } from './password/routes.js'
import { profileRoutes } from './profile/routes.js'
import { refusedTriesRoutes } from './refused-tries/routes.js'
import { sessionsRoutes } from './sessions/routes.js'
import { setUpRoutes } from './setup/routes.js'
import { trustedBrowsersRoutes } from './trusted-browsers/routes.js'

/** Every page of a person's own account, without the step-up, whose place is in front of the forms that it completes. */
export function pageRoutes(account: Account): Router[] {
  return [
    loginRoutes(account),
    logoutRoutes(account, account),
    setUpRoutes(account),
    invitationRoutes(account),
    ...ownPeopleRoutes(account),
    disableRoutes(account),
    ...kindsWithPages(account.otp.everyKind).flatMap(({ pages }) => pages.routes(account)),
    addedKindsRoutes(account),
    profileRoutes(account),
    devicesRoutes(account),
    sessionsRoutes(account),
    refusedTriesRoutes(account),
    trustedBrowsersRoutes(account),
    languageRoutes(account),
  ]
}

/** Passwords and addresses; an application with a table of users of its own has pages for them, too. */
function ownPeopleRoutes(account: Account): Router[] {
  return account.hostUsers ? [] : [passwordRoutes(account), passwordChangeRoutes(account), emailRoutes(account)]
}
