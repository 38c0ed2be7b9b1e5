import type { Router } from 'express'
import { loginRoutes } from './auth/login/routes.js'
import { logoutRoutes } from './auth/logout.js'
import type { AccountServices } from './account/account-services.js'
import { browserChallengeRoutes } from './account/setup/browser-challenge-routes.js'
import { kindSetupRoutes } from './account/setup/kind-routes.js'
import { devicesRoutes } from './account/devices/routes.js'
import { disableRoutes } from './account/disable/routes.js'
import { changeEmailRoutes } from './account/change-email/routes.js'
import { invitationRoutes } from './account/invitation/routes.js'
import { kindsWithPages } from './account/kind-pages.js'
import { languageRoutes } from './account/language/routes.js'
import { changePasswordRoutes } from './account/change-password/routes.js'
import { resetPasswordRoutes } from './account/reset-password/routes.js'
import { profileRoutes } from './account/profile/routes.js'
import { failedAttemptsRoutes } from './account/failed-attempts/routes.js'
import { sessionsRoutes } from './account/sessions/routes.js'
import { setupRoutes } from './account/setup/routes.js'
import { trustedBrowsersRoutes } from './account/trusted-browsers/routes.js'

/** Mounts every page of the user's own account, except the step-up, which comes before the forms that it completes. */
export function pageRoutes(account: AccountServices): Router[] {
  return [
    loginRoutes(account),
    logoutRoutes(account, account),
    setupRoutes(account),
    invitationRoutes(account),
    ...ownPeopleRoutes(account),
    disableRoutes(account),
    ...kindsWithPages(account.otp.everyKind).flatMap(({ pages }) => pages.routes(account)),
    kindSetupRoutes(account),
    browserChallengeRoutes(account),
    profileRoutes(account),
    devicesRoutes(account),
    sessionsRoutes(account),
    failedAttemptsRoutes(account),
    trustedBrowsersRoutes(account),
    languageRoutes(account),
  ]
}

/** Mounts the pages for passwords and email addresses. An application with its own users has its own pages. */
function ownPeopleRoutes(account: AccountServices): Router[] {
  return account.hostUsers
    ? []
    : [resetPasswordRoutes(account), changePasswordRoutes(account), changeEmailRoutes(account)]
}
