import type { Request } from 'express'
import { z } from 'zod'
import { runStatement } from '../db/run-statement.js'
import { noteCodeGenerated } from '../http/step-done.js'
import { sleep } from '../notify/sleep.js'
import { generateChallenge } from '../otp/challenges/generate-challenge.js'
import type { Device, NotAllowedReason } from '../otp/device.js'
import type { Asker } from '../otp/throttle/failures.js'
import type { Auth } from './auth.js'
import { challengeOf, noteChallenge } from './session/in-progress.js'
import { saveSession } from './session/session.js'

/** Milliseconds that a page waits for the delivery of a code. Gateways time out earlier. */
export const DELIVERY_WAIT = 10_000
/** Milliseconds between the first two looks at a delivery. Each pause is twice as long as the one before, up to the longest. */
const FIRST_POLL_MS = 20
const LONGEST_POLL_MS = 160

/**
 * The result of sending a code. `still_pending`: the delivery was not confirmed within ten seconds,
 * and the code may still arrive. `text` is the key of a text with the reason.
 */
export type SendResult =
  | { outcome: 'sent'; device: Device }
  | { outcome: 'still_pending'; device: Device }
  | { outcome: 'challenge_exception'; device: Device; text: string }
  | { outcome: 'cooldown_pending'; nextAt: Date; text: string | null }
  | { outcome: 'not_interactive' }
  | { outcome: 'not_allowed'; rejection: NotAllowedReason }

interface SendRequest {
  userId: number
  deviceId: string
  /** False for a device that is being set up. */
  confirmed?: boolean
  /** The requester, because wrong codes of others must not lock them out. */
  asker?: Asker
}

/**
 * Sends a code that only this session can use, and waits for the delivery. The session stores the
 * challenge's ID, so the page that verifies the code passes `challengeOf(req, deviceId)` to
 * `verifyToken`.
 *
 * @example const sent = await sendChallenge(auth, req, { userId: user.id, deviceId: 'phone/2' })
 */
export async function sendChallenge(auth: Auth, req: Request, request: SendRequest): Promise<SendResult> {
  const generated = await generateChallenge(auth.otp, {
    ...request,
    language: req.language,
    challenge: challengeOf(req, request.deviceId),
  })
  if (generated.ok) {
    noteCodeGenerated(req)
    noteChallenge(req, { device: generated.device.persistentId, id: generated.challenge })
    // Before the wait, so that the code also works if the user reloads the page in the meantime.
    await saveSession(req)
    return followDelivery(auth, generated.device)
  }
  if (generated.reason === 'cooldown_pending')
    return { outcome: 'cooldown_pending', nextAt: generated.nextAt, text: limitText(auth, request, generated.nextAt) }
  return generated.reason === 'not_interactive'
    ? { outcome: 'not_interactive' }
    : { outcome: 'not_allowed', rejection: generated }
}

/** Returns the key of the text about the daily limit. Null if only the cooldown applies. */
function limitText({ otp, clock }: Auth, { confirmed = true }: SendRequest, nextAt: Date): string | null {
  const isCooldown = nextAt.getTime() - clock.now().getTime() <= otp.settings.challengeCooldown * 1000
  if (isCooldown) return null
  return confirmed ? 'errors:codes_of_day' : 'errors:setup_codes_of_day'
}

async function followDelivery(auth: Auth, device: Device): Promise<SendResult> {
  const over = AbortSignal.timeout(auth.deliveryWait)
  let pause = FIRST_POLL_MS / 2
  do {
    const { delivery, delivery_error: reason } = await readDelivery(auth, device)
    // Null: the code was sent, entered and consumed already.
    if (delivery === 'sent' || delivery === null) return { outcome: 'sent', device }
    if (delivery === 'failed') return { outcome: 'challenge_exception', device, text: `errors:undelivered.${reason}` }
    pause = Math.min(pause * 2, LONGEST_POLL_MS)
  } while (await sleep(pause, over))
  return { outcome: 'still_pending', device }
}

const deliveryRow = z.object({
  delivery: z.enum(['pending', 'sent', 'failed']).nullable(),
  delivery_error: z.string().nullable(),
})

async function readDelivery({ database, otp }: Auth, device: Device): Promise<z.infer<typeof deliveryRow>> {
  const kind = otp.kinds.find(({ name }) => name === device.kind)
  const sql = `select delivery, delivery_error from ${kind?.table} where id = $id`
  const [row] = await runStatement(database, undefined, sql, { id: device.id })
  // If the device was removed in the meantime, there is nothing to wait for.
  return deliveryRow.parse(row ?? { delivery: 'sent', delivery_error: null })
}
