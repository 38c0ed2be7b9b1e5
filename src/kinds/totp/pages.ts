import { type Request, type RequestHandler, type Response, Router } from 'express'
import qrcode from 'qrcode'
import type { KindPages } from '../../account/kind-pages.js'
import type { Account } from '../../account/account.js'
import { beginSetUp } from '../../account/setup/begin-set-up.js'
import { finishSetUp, openSetUp } from '../../account/setup/finish-set-up.js'
import { readSetUp, type SetUp } from '../../account/setup/read-set-up.js'
import { sendStep, showIntroduction, type StepRefusal } from '../../account/setup/show-step.js'
import { enrolmentRight } from '../../auth/enrolment.js'
import { explainToken } from '../../auth/explain-token.js'
import type { RequestUser } from '../../auth/request-user.js'
import { requireFresh } from '../../auth/step-up/require-fresh.js'
import { describeOrigin } from '../../http/describe-origin.js'
import { refuse } from '../../http/refuse.js'
import type { Verification } from '../../otp/device.js'
import { confirmDevice } from '../../otp/verify-token.js'
import { isBlank } from '../../typed-text/clean-text.js'

/** Authenticator apps are set up in the wizard itself. */
export const totpPages: KindPages = {
  setupPath: null,
  steps: {
    start: beginSetUp,
    async show(account, req, res, next) {
      const setUp = await readSetUp(account, req)
      if (setUp) showConfiguration(req, res, setUp, next, null)
      return setUp !== null
    },
    submit: confirm,
  },
  routes(account) {
    const router = Router({ caseSensitive: true, strict: true })
    return [router.get('/account/two-factor/qrcode', requireFresh(account), showQrCode(account))]
  },
}

/** The first code: while it is wrong the key stays the same. */
async function confirm(
  account: Account,
  req: Request,
  res: Response,
  { user, token, next }: { user: RequestUser; token: string; next: string | null },
): Promise<void> {
  const setUp = await readSetUp(account, req)
  if (!setUp) return showIntroduction(req, res, next, { code: 'set_up_expired', status: 422 })
  if (isBlank(token)) return showConfiguration(req, res, setUp, next, { code: 'token_required', status: 422 })
  const { deviceId } = setUp
  const submission = { userId: user.id, deviceId, token, origin: describeOrigin(req) }
  const enrolment = { ...submission, ...enrolmentRight(req, user) }
  const verification = await openSetUp(account, req, (opens) => confirmDevice(account.otp, { ...enrolment, opens }))
  if (verification.ok || verification.reason === 'session_ended')
    return finishSetUp(account, req, res, { user, confirmed: verification, next })
  const text = explainToken(account.otp, verification, { token, deviceId })
  showConfiguration(req, res, setUp, next, { ...refusalOf(verification, account.clock.now()), ...(text && { text }) })
}

function refusalOf(verification: Extract<Verification, { ok: false }>, now: Date): StepRefusal {
  if (verification.reason !== 'n_failed_attempts') return { code: verification.reason, status: 422 }
  const seconds = Math.ceil((verification.lockedUntil.getTime() - now.getTime()) / 1000)
  return { code: 'n_failed_attempts', status: 429, retryAfter: Math.max(1, seconds) }
}

/** QR code, address and secret for the app, and the field for its first code. */
function showConfiguration(
  req: Request,
  res: Response,
  setUp: SetUp,
  next: string | null,
  refusal: StepRefusal | null,
): void {
  const groups = setUp.secret.match(/.{1,4}/g) ?? []
  sendStep(req, res, 'account/setup/totp', { uri: setUp.uri, groups }, next, refusal)
}

/** Dark on white with the four modules of quiet zone that readers count on (ISO/IEC 18004 §5.3.8), whatever the page's colours. */
function showQrCode(account: Account): RequestHandler {
  return async (req, res) => {
    const setUp = await readSetUp(account, req)
    if (!setUp) return refuse(req, res, { status: 404, code: 'not_found' })
    res
      .set('Cache-Control', 'no-store')
      .type('svg')
      .send(await qrcode.toString(setUp.uri, { type: 'svg', margin: 4 }))
  }
}
