import type { Request } from 'express'
import { z } from 'zod'
import { runStatement } from '../db/run-statement.js'
import { pause } from '../notify/pause.js'
import type { Device, Refusal } from '../otp/device.js'
import type { Asker } from '../otp/failures.js'
import { generateChallenge } from '../otp/generate-challenge.js'
import type { Auth } from './auth.js'
import { saveSession } from './session.js'
import { challengeOf, noteChallenge } from './under-way.js'

/** Milliseconds that a page waits to hear what came of a message. Gateways give up before. */
export const DELIVERY_WAIT = 10_000
/** Milliseconds between two looks. */
const LOOK = 150

/**
 * What became of a challenge. `still_pending`: no word of it after ten seconds, it may
 * arrive yet. `text` is the key of a text that says why it could not be delivered.
 */
export type SentChallenge =
  | { outcome: 'sent' | 'still_pending'; device: Device }
  | { outcome: 'challenge_exception'; device: Device; text: string }
  | { outcome: 'cooldown_pending'; nextAt: Date; text: string | null }
  | { outcome: 'not_interactive' }
  | { outcome: 'refused'; refusal: Refusal }

interface Wanted {
  userId: number
  deviceId: string
  /** False for a device that is being set up. */
  confirmed?: boolean
  /** Who asks for it, while a wrong code elsewhere might have locked the account. */
  asker?: Asker
}

/**
 * Makes a device send a code that this session alone can use, and waits to hear whether it
 * went out. The session keeps the challenge's id, so the page that takes the code gives
 * `challengeOf(req, deviceId)` to `verifyToken`.
 *
 * @example const sent = await sendChallenge(auth, req, { userId: user.id, deviceId: 'phone/2' })
 */
export async function sendChallenge(auth: Auth, req: Request, wanted: Wanted): Promise<SentChallenge> {
  const made = await generateChallenge(auth.otp, {
    ...wanted,
    language: req.language,
    challenge: challengeOf(req, wanted.deviceId),
  })
  if (made.ok) {
    noteChallenge(req, { device: made.device.persistentId, id: made.challenge })
    // Before the wait, so that the code works also for somebody who loads the page again meanwhile.
    await saveSession(req)
    return followDelivery(auth, made.device)
  }
  if (made.reason === 'cooldown_pending')
    return { outcome: 'cooldown_pending', nextAt: made.nextAt, text: limitText(auth, wanted, made.nextAt) }
  return made.reason === 'not_interactive' ? { outcome: 'not_interactive' } : { outcome: 'refused', refusal: made }
}

/** The key of a text about the limit of a day; null: a code was sent a moment ago. */
function limitText({ otp, clock }: Auth, { confirmed = true }: Wanted, nextAt: Date): string | null {
  const isCooldown = nextAt.getTime() - clock.now().getTime() <= otp.settings.challengeCooldown * 1000
  if (isCooldown) return null
  return confirmed ? 'errors:codes_of_day' : 'errors:setup_codes_of_day'
}

async function followDelivery(auth: Auth, device: Device): Promise<SentChallenge> {
  const over = AbortSignal.timeout(auth.deliveryWait)
  do {
    const { delivery, delivery_error: reason } = await readDelivery(auth, device)
    // Null: sent, typed in and used up already.
    if (delivery === 'sent' || delivery === null) return { outcome: 'sent', device }
    if (delivery === 'failed') return { outcome: 'challenge_exception', device, text: `errors:undelivered.${reason}` }
  } while (await pause(LOOK, over))
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
  // A device that was removed meanwhile has nothing to wait for.
  return deliveryRow.parse(row ?? { delivery: 'sent', delivery_error: null })
}
