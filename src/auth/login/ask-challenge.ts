import type { Request } from 'express'
import type { Device } from '../../otp/device.js'
import type { Auth } from '../auth.js'
import { sendChallenge } from '../send-challenge.js'
import { type Refused, refused, tokenRefused, waiting } from './answer.js'
import type { Awaited, TokenForm } from './awaited-token.js'

/** The device that sends a code, or why it does not. The page is shown again, with a field for the code. */
export type ChallengeAnswer = { ok: true; challenged: Device } | Refused

/** Sends a code: from the submitted device, otherwise from the first one that can send codes. */
export async function askChallenge(
  auth: Auth,
  req: Request,
  { userId, devices, asker }: Omit<Awaited, 'opens'>,
  form: TokenForm,
): Promise<ChallengeAnswer> {
  const deviceId = form.otp_device || devices.find((device) => device.interactive)?.persistentId
  if (!deviceId) return refused('token', 'not_interactive')
  const sent = await sendChallenge(auth, req, { userId, deviceId, asker })
  switch (sent.outcome) {
    case 'sent':
    case 'still_pending':
      return { ok: true, challenged: sent.device }
    case 'challenge_exception':
      return { ...refused('token', 'challenge_exception'), reason: sent.text }
    case 'cooldown_pending':
      return {
        ...waiting('token', 'cooldown_pending', sent.nextAt, auth.clock.now()),
        ...(sent.text && { reason: sent.text }),
      }
    case 'not_interactive':
      return refused('token', 'not_interactive')
    case 'refused':
      return tokenRefused('token', sent.refusal, auth.clock.now())
  }
}
