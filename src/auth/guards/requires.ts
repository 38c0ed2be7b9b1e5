import type { RequestHandler } from 'express'
import { guardAsSite } from '../../http/host-isolation.js'
import { foreignChange } from '../../http/check-origin.js'
import { rejectRequest } from '../../http/pages/reject-request.js'
import { wantsJson } from '../../http/pages/wants-json.js'
import { respondWithJson } from './respond-with-json.js'
import { respondWithPage } from './respond-with-page.js'
import type { Auth } from '../auth.js'
import { validateGuardOptions, validateRequirement, type GuardOptions } from './guard-options.js'
import { nextStep } from '../next-step.js'
import type { Requirement } from '../policy/requirement.js'

/**
 * Lets requests pass whose session meets a requirement: a second factor at all, one of certain
 * kinds, or one that was given within so many seconds. A person who falls short is redirected to
 * exactly the step that is missing, and back. A POST is saved for that time, encrypted, for five
 * minutes, for this session and once, if the person is verified and only a newer or another token
 * is required. Forms of up to 16 kB are saved; files and JSON are not, and the page says so. If
 * none of the person's devices can meet the requirement, the answer is a 403 page that says what
 * would, so nobody is redirected in a loop.
 *
 * A saved form is parsed and checked by everything behind this guard like a new one. If a parser
 * in front of this guard has read it, `req.body` is what that parser made of it. What is mounted
 * in front of the site sees a form only when it is first sent.
 *
 * An API client (`Accept` prefers JSON, or the path is below `/admin/api`) gets
 * `{"error":{"code","message",…}}`: 401 `not_authenticated` with `loginUrl`; 403 `not_verified`
 * with `verificationUrl`; 403 `step_up_required` with `verificationUrl` and `missing: {reason,
 * kinds, maxAge}`; 403 `requirement_unmet` with `missing`.
 *
 * Changes are accepted from this site's own pages only (ASVS 3.5.1): a form that another site has
 * posted is 403 `cross_origin`, and is neither saved nor passed on.
 *
 * @param auth `site.auth`
 * @param requirement `maxAge` in seconds; checked when the route is declared
 * @param options how to treat requests that fall short
 * @returns middleware. Mount `site.router` in front of it
 * @throws SiteError `requirement_invalid`, `guard_options_invalid` at the declaration;
 *   `guard_before_site` for a request that did not pass through the site
 * @example
 * // A security key within ten minutes to change someone's security keys.
 * app.post('/people/:id/keys', requires(site.auth, { kinds: ['webauthn'], maxAge: 600 }), changeKeys)
 * @example
 * // A key at any time or a code within five minutes, and in neither case a trusted browser.
 * requires(site.auth, { trustedBrowser: false, anyOf: [{ kinds: ['webauthn'] }, { kinds: ['totp'], maxAge: 300 }] })
 */
export function requires(auth: Auth, requirement: Requirement, options: GuardOptions = {}): RequestHandler {
  const required = validateRequirement(auth, requirement)
  const checked = validateGuardOptions(options)
  const respond = respondWithPage(auth, checked)
  return guardAsSite(async (req, res, next) => {
    const step = await nextStep(auth, req, required)
    const foreign = foreignChange(req, auth.allowedOrigins)
    if (foreign) return rejectRequest(req, res, { status: 403, code: 'cross_origin', ...foreign })
    if (!step || (step.step === 'first_device' && checked.ifConfigured)) return next()
    if (wantsJson(req)) return respondWithJson(req, res, step, checked)
    await respond(step)(req, res, next)
  })
}
