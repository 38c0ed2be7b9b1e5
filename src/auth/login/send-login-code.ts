import type { Request } from 'express'
import type { Device } from '../../otp/device.js'
import type { Auth } from '../auth.js'
import { sendChallenge } from '../send-challenge.js'
import { type RejectedStep, rejectStep, rejectToken, rejectUntil } from './step-result.js'
import type { PendingVerification, TokenForm } from './pending-verification.js'

/** The device that sends a code, or why it does not. The page is shown again, with a field for the code. */
export type SendCodeResult = { ok: true; challenged: Device } | RejectedStep

/** Sends a code: from the submitted device, otherwise from the first one that can send codes. */
export async function sendLoginCode(
  auth: Auth,
  req: Request,
  { userId, devices, asker }: Omit<PendingVerification, 'opens'>,
  form: TokenForm,
): Promise<SendCodeResult> {
  const deviceId = form.otp_device || devices.find((device) => device.interactive)?.persistentId
  if (!deviceId) return rejectStep('token', 'not_interactive')
  const sent = await sendChallenge(auth, req, { userId, deviceId, asker })
  switch (sent.outcome) {
    case 'sent':
    case 'still_pending':
      return { ok: true, challenged: sent.device }
    case 'challenge_exception':
      return { ...rejectStep('token', 'challenge_exception'), text: sent.text }
    case 'cooldown_pending':
      return {
        ...rejectUntil('token', 'cooldown_pending', sent.nextAt, auth.clock.now()),
        ...(sent.text && { text: sent.text }),
      }
    case 'not_interactive':
      return rejectStep('token', 'not_interactive')
    case 'refused':
      return rejectToken('token', sent.refusal, auth.clock.now())
  }
}
