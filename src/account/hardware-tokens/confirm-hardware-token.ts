import type { Request, RequestHandler, Response } from 'express'
import { sessionAsker } from '../../auth/asker.js'
import { explained, type Refused, refused, tokenRefused } from '../../auth/login/answer.js'
import { alert } from '../../auth/login/show-step.js'
import { enrolmentRight } from '../../auth/enrolment.js'
import { describeOrigin } from '../../http/describe-origin.js'
import { readForm } from '../../http/read-form.js'
import { refuse } from '../../http/refuse.js'
import { sendPage } from '../../http/send-page.js'
import { redirectDone } from '../../http/step-done.js'
import type { Verification } from '../../otp/device.js'
import type { ListedDevice } from '../../otp/devices-for-user.js'
import { confirmDevice, verifyToken } from '../../otp/verify-token.js'
import type { Account } from '../account.js'
import { findDevice } from '../devices/find-own-device.js'
import { profileAddress } from '../profile/notices.js'
import { finishSetUp, openSetUp } from '../setup/finish-set-up.js'
import { codeForm, codesForm } from './forms.js'
import { readCode } from '../../typed-text/read-code.js'
import { isBlank } from '../../typed-text/clean-text.js'

/** As a type, not an interface: Express wants an index signature. */
export type TokenParams = { id: string }

type Step = 'confirm' | 'synchronise'

/** The form for one code, or for two in a row. */
export function showCodes(account: Account, step: Step): RequestHandler<TokenParams> {
  return async (req, res) => {
    const device = await findToken(account, req, step)
    if (device) show(req, res, step, device, null)
  }
}

/** The first code confirms the device and is spent. */
export function submitCode(account: Account): RequestHandler<TokenParams> {
  return async (req, res) => {
    const form = readForm(req, codeForm)
    if (!form || !req.user) return refuse(req, res, { status: 400, code: 'bad_request' })
    const device = await findToken(account, req, 'confirm')
    if (!device) return
    const token = form.otp_token ?? ''
    if (isBlank(token)) return show(req, res, 'confirm', device, refused('token', 'token_required'))
    const { user } = req
    const submission = { userId: user.id, deviceId: device.persistentId, token, origin: describeOrigin(req) }
    const enrolment = { ...submission, ...enrolmentRight(req, user) }
    const verification = await openSetUp(account, req, (opens) => confirmDevice(account.otp, { ...enrolment, opens }))
    if (!verification.ok && verification.reason !== 'session_ended')
      return show(req, res, 'confirm', device, whyRefused(account, verification, submission))
    await finishSetUp(account, req, res, { user, confirmed: verification, next: null })
  }
}

/** Two codes in a row are looked for further ahead than one (RFC 4226 §7.4), through the same door and its throttle. */
export function submitCodes(account: Account): RequestHandler<TokenParams> {
  return async (req, res) => {
    const form = readForm(req, codesForm)
    if (!form || !req.user) return refuse(req, res, { status: 400, code: 'bad_request' })
    const device = await findToken(account, req, 'synchronise')
    if (!device) return
    const codes = [form.otp_token ?? '', form.otp_token_next ?? ''].map(readCode)
    if (codes.includes('')) return show(req, res, 'synchronise', device, refused('token', 'token_required'))
    const submission = { userId: req.user.id, deviceId: device.persistentId, token: codes.join(' ') }
    const verification = await verifyToken(account.otp, {
      ...submission,
      origin: describeOrigin(req),
      asker: sessionAsker(req),
    })
    if (verification.ok) return redirectDone(res, profileAddress('synchronised'))
    show(req, res, 'synchronise', device, whyRefused(account, verification, submission))
  }
}

function whyRefused(
  account: Account,
  verification: Exclude<Verification, { ok: true }>,
  submitted: { token: string; deviceId: string },
): Refused {
  return explained(account, tokenRefused('token', verification, account.clock.now()), verification, submitted)
}

/** The person's own, unconfirmed or active as the step needs it; else a 404 has been sent. */
async function findToken(account: Account, req: Request<TokenParams>, step: Step): Promise<ListedDevice | null> {
  const device = req.user ? await findDevice(account, req.user.id, `hotp/${req.params.id}`) : null
  if (device?.state === (step === 'synchronise' ? 'active' : 'unconfirmed')) return device
  if (req.res) refuse(req, req.res, { status: 404, code: 'not_found' })
  return null
}

function show(
  req: Request<TokenParams>,
  res: Response,
  step: Step,
  device: ListedDevice,
  refusal: Refused | null,
): void {
  if (refusal) res.status(refusal.status)
  if (refusal?.retryAfter !== undefined) res.set('Retry-After', String(refusal.retryAfter))
  sendPage(res, `account/hardware-tokens/${step}`, { device, alert: alert(req, refusal) })
}
