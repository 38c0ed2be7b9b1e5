import type { Request, RequestHandler, Response } from 'express'
import qrcode from 'qrcode'
import type { AccountServices } from '../../account/account-services.js'
import { sendStep } from '../../account/setup/show-setup-step.js'
import type { FormRejection } from '../../http/forms/reject-form.js'
import { rejectRequest } from '../../http/pages/reject-request.js'
import { readTotpSetup, type TotpSetup } from './setup.js'

/** Renders the QR code, the URI and the secret for the app, and the form for its first code. */
export function showTotpSetup(
  req: Request,
  res: Response,
  setup: TotpSetup,
  next: string | null,
  rejection: FormRejection | null,
): void {
  const groups = setup.secret.match(/.{1,4}/g) ?? []
  sendStep(req, res, 'account/setup/totp', { uri: setup.uri, groups }, next, rejection)
}

/** Sends the QR code: dark on white in any theme, with the quiet zone of four modules that readers need (ISO/IEC 18004 §5.3.8). */
export function showQrCode(account: AccountServices): RequestHandler {
  return async (req, res) => {
    const setup = await readTotpSetup(account, req)
    if (!setup) return rejectRequest(req, res, { status: 404, code: 'not_found' })
    res
      .set('Cache-Control', 'no-store')
      .type('svg')
      .send(await qrcode.toString(setup.uri, { type: 'svg', margin: 4 }))
  }
}
