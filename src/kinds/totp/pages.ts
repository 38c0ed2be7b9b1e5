import { type Request, type RequestHandler, type Response, Router } from 'express'
import qrcode from 'qrcode'
import type { KindPages } from '../../account/kind-pages.js'
import type { AccountServices } from '../../account/account-services.js'
import { startTotpSetup } from './setup.js'
import { finishSetup, openSetup } from '../../account/setup/finish-setup.js'
import { readTotpSetup, type TotpSetup } from './setup.js'
import { type FormRejection, rejectForm, rejectFormUntil } from '../../http/reject-form.js'
import { sendStep, showIntroduction } from '../../account/setup/show-setup-step.js'
import { enrolmentRight } from '../../auth/enrolment.js'
import { explainToken } from '../../auth/explain-token.js'
import type { RequestUser } from '../../auth/request-user.js'
import { requireFreshToken } from '../../auth/step-up/require-fresh-token.js'
import { readClientInfo } from '../../http/read-client-info.js'
import { rejectRequest } from '../../http/reject-request.js'
import type { Verification } from '../../otp/device.js'
import { confirmDevice } from '../../otp/verify-token.js'
import { isBlank } from '../../typed-text/clean-text.js'

/** Authenticator apps are set up in the wizard itself. */
export const totpPages: KindPages = {
  setupPath: null,
  steps: {
    start: startTotpSetup,
    async show(account, req, res, next) {
      const setUp = await readTotpSetup(account, req)
      if (setUp) showConfiguration(req, res, setUp, next, null)
      return setUp !== null
    },
    submit: confirm,
  },
  routes(account) {
    const router = Router({ caseSensitive: true, strict: true })
    return [router.get('/account/two-factor/qrcode', requireFreshToken(account), showQrCode(account))]
  },
}

/** The first code: while it is wrong the key stays the same. */
async function confirm(
  account: AccountServices,
  req: Request,
  res: Response,
  { user, token, next }: { user: RequestUser; token: string; next: string | null },
): Promise<void> {
  const setUp = await readTotpSetup(account, req)
  if (!setUp) return showIntroduction(req, res, next, { code: 'set_up_expired', status: 422 })
  if (isBlank(token)) return showConfiguration(req, res, setUp, next, { code: 'token_required', status: 422 })
  const { deviceId } = setUp
  const submission = { userId: user.id, deviceId, token, origin: readClientInfo(req) }
  const enrolment = { ...submission, ...enrolmentRight(req, user) }
  const verification = await openSetup(account, req, (opens) => confirmDevice(account.otp, { ...enrolment, opens }))
  if (verification.ok || verification.reason === 'session_ended')
    return finishSetup(account, req, res, { user, confirmed: verification, next })
  const text = explainToken(account.otp, verification, { token, deviceId })
  showConfiguration(req, res, setUp, next, { ...rejectionOf(verification, account.clock.now()), ...(text && { text }) })
}

function rejectionOf(verification: Extract<Verification, { ok: false }>, now: Date): FormRejection {
  if (verification.reason !== 'n_failed_attempts') return rejectForm(verification.reason)
  return rejectFormUntil(verification.reason, verification.lockedUntil, now)
}

/** QR code, address and secret for the app, and the field for its first code. */
function showConfiguration(
  req: Request,
  res: Response,
  setUp: TotpSetup,
  next: string | null,
  refusal: FormRejection | null,
): void {
  const groups = setUp.secret.match(/.{1,4}/g) ?? []
  sendStep(req, res, 'account/setup/totp', { uri: setUp.uri, groups }, next, refusal)
}

/** Dark on white with the four modules of quiet zone that readers count on (ISO/IEC 18004 §5.3.8), whatever the page's colours. */
function showQrCode(account: AccountServices): RequestHandler {
  return async (req, res) => {
    const setUp = await readTotpSetup(account, req)
    if (!setUp) return rejectRequest(req, res, { status: 404, code: 'not_found' })
    res
      .set('Cache-Control', 'no-store')
      .type('svg')
      .send(await qrcode.toString(setUp.uri, { type: 'svg', margin: 4 }))
  }
}
