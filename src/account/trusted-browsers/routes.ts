import { type Request, type RequestHandler, Router } from 'express'
import { z } from 'zod'
import { type Factor, isVerifiedInSession } from '../../auth/auth-state.js'
import { otpRequired } from '../../auth/guards/otp-required.js'
import { FRESH_SECONDS, requireFreshToken } from '../../auth/step-up/require-fresh-token.js'
import { trustDays } from '../../auth/policy/trust-days.js'
import { revokeTrustedBrowsers } from '../../auth/trusted-browser/revoke-trusted-browsers.js'
import { trustBrowser } from '../../auth/trusted-browser/trust-browser.js'
import { readClientInfo } from '../../http/client/read-client-info.js'
import { parseForms, readForm, textField } from '../../http/forms/read-form.js'
import { rejectRequest } from '../../http/pages/reject-request.js'
import { safeNext } from '../../http/paths/safe-next.js'
import { redirectDone } from '../../http/step-done.js'
import type { PersistentId } from '../../otp/device.js'
import { canEarnTrust } from '../../otp/devices/record-device-change.js'
import type { AccountServices } from '../account-services.js'
import { profilePath } from '../notices.js'

const BROWSERS = '/account/two-factor/browsers'

/** A user's own trusted browsers, listed on the account security page: trusts this one, revokes one or all. */
export function trustedBrowsersRoutes(account: AccountServices): Router {
  const router = Router({ caseSensitive: true, strict: true })
  const guard = otpRequired(account, { ifConfigured: true })
  router.post(`${BROWSERS}/trust`, ...parseForms(), skipUnlessChosen, requireFreshToken(account), postTrust(account))
  router.post(`${BROWSERS}/end`, guard, ...parseForms(), postOne(account))
  router.post(`${BROWSERS}/end-all`, guard, ...parseForms(), postAll(account))
  return router
}

/** At the end of the setup, trusting the browser is optional. Without it, no fresh token is required. */
const skipUnlessChosen: RequestHandler = (req, res, next) => {
  const form = readForm(req, trustForm)
  if (!form) return rejectRequest(req, res, { status: 400, code: 'bad_request' })
  if (form.trust_browser) return next()
  res.redirect(303, safeNext(form.next) ?? '/account/two-factor')
}

function postTrust(account: AccountServices): RequestHandler {
  return async (req, res) => {
    const form = readForm(req, trustForm)
    if (!form || !req.user) return rejectRequest(req, res, { status: 400, code: 'bad_request' })
    const device = findRecentDevice(account, req)
    const { epoch } = req.session
    if (!device || epoch === undefined || trustDays(account, req.user) === 0)
      return rejectRequest(req, res, { status: 422, code: 'policy', text: 'trust_not_allowed' })
    await trustBrowser(account, req, { user: { id: req.user.id, authEpoch: epoch }, device })
    redirectDone(res, safeNext(form.next) ?? profilePath('browser_trusted'))
  }
}

/**
 * Returns the device that accepted a token recently, unless it is a set of backup tokens. An older
 * token is not enough to trust a browser for days.
 */
function findRecentDevice({ otp, clock }: AccountServices, { auth }: Request): PersistentId | null {
  const now = clock.now()
  const isRecent = ({ at }: Factor) => now.getTime() - at.getTime() <= FRESH_SECONDS * 1000
  const canTrust = ({ kind }: Factor) => otp.kinds.some((each) => each.name === kind && canEarnTrust(each))
  const earned = auth.factors.findLast((factor) => isVerifiedInSession(factor) && canTrust(factor) && isRecent(factor))
  return earned?.device ?? null
}

function postOne(account: AccountServices): RequestHandler {
  return async (req, res) => {
    const form = readForm(req, revokeForm)
    if (!form || !req.user) return rejectRequest(req, res, { status: 400, code: 'bad_request' })
    const id = /^\d{1,9}$/.test(form.browser ?? '') ? Number(form.browser) : null
    const isRevoked = id !== null && (await revoke(account, req, req.user.id, id)) > 0
    if (!isRevoked) return rejectRequest(req, res, { status: 404, code: 'not_found' })
    redirectDone(res, profilePath('browsers_ended'))
  }
}

function postAll(account: AccountServices): RequestHandler {
  return async (req, res) => {
    if (!req.user) return
    await revoke(account, req, req.user.id, null)
    redirectDone(res, profilePath('browsers_ended'))
  }
}

/** Revokes one of the user's own trusted browsers, or all of them (`id` null), and returns how many there were. */
function revoke(account: AccountServices, req: Request, userId: number, id: number | null): Promise<number> {
  const revocation = { userId, id, actorId: null, client: readClientInfo(req) }
  return account.database.sequelize.transaction((transaction) =>
    revokeTrustedBrowsers(account, transaction, revocation),
  )
}

/** `browser` is the ID of one of the user's own rows. */
export const revokeForm = z.object({ browser: textField(10) })

/** Whether to trust this browser, and where to continue. */
export const trustForm = z.object({ trust_browser: textField(8), next: textField(2000) })
