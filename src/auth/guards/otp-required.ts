import type { RequestHandler } from 'express'
import type { Auth } from '../auth.js'
import type { GuardOptions } from './guard-options.js'
import { requires } from './requires.js'

/**
 * Lets verified users pass: one of their devices has accepted a token in this session. Everyone
 * else is redirected to the step that is missing, and back afterwards. API clients get the
 * answers of {@link requires}.
 *
 * | who | by default | with an option |
 * | --- | --- | --- |
 * | anonymous | 302 to `loginUrl?next=…` | `raiseAnonymous`: 403 |
 * | signed in, has a device | 302 to `loginUrl?next=…` | |
 * | signed in, has no device | 403 page with a link to the setup | `verificationUrl`: 302; `raiseUnverified`: 403; `ifConfigured`: passes |
 * | verified | passes | |
 *
 * @param auth `site.auth`
 * @param options how to treat requests that fall short; checked when the route is declared
 * @returns middleware. Mount `site.router` in front of it
 * @throws SiteError `guard_options_invalid` at the declaration; `guard_before_site` for a request
 *   that did not pass through the site
 * @example app.get('/reports', otpRequired(site.auth), showReports)
 * @example export default guarded(otpRequired(site.auth, { raiseAnonymous: true }), showReports)
 */
export function otpRequired(auth: Auth, options: GuardOptions = {}): RequestHandler {
  return requires(auth, { level: 'verified' }, options)
}
