import type { RequestHandler } from 'express'
import type { Auth } from './auth.js'
import type { GuardOptions } from './guard-options.js'
import { requires } from './requires.js'

/**
 * Lets verified people pass: those in whose session one of their devices has accepted a
 * token. Strangers are led to the sign-in, and those who are signed in with a device of
 * theirs to its token step, and back. Whoever has no device is led to `verificationUrl`, or
 * shown a 403 page with the way to the set-up. Programs get the answers of `requires`.
 *
 * | who | where nothing is said | with |
 * | --- | --- | --- |
 * | stranger | 302 `loginUrl?next=…` | `raiseAnonymous`: 403 |
 * | signed in, has a device | 302 `loginUrl?next=…` | |
 * | signed in, has none | 403 page with a link | `verificationUrl`: 302; `raiseUnverified`: 403; `ifConfigured`: passes |
 * | verified | passes | |
 *
 * @throws SiteError `guard_options_invalid` at the declaration
 * @example app.get('/reports', otpRequired(site.auth), showReports)
 * @example export default guarded(otpRequired(site.auth, { raiseAnonymous: true }), showReports)
 */
export function otpRequired(auth: Auth, options: GuardOptions = {}): RequestHandler {
  return requires(auth, { level: 'verified' }, options)
}
