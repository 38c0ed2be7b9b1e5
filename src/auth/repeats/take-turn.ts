import { sleep } from '../../notify/sleep.js'
import type { Auth } from '../auth.js'
import type { Submission } from './read-submission.js'
import { claimForm, findResponse, forgetForm, type StoredResponse, stillStands } from './repeated-forms.js'

/** Milliseconds between two queries for the response to the same form. */
const POLL_MS = 40
/**
 * Milliseconds that the second of two forms waits for the first. Sending a code takes at most ten
 * seconds; the rest is for a busy machine. Less than the time limit of a request (listen.ts).
 */
const TIMEOUT_MS = 25_000

type Services = Pick<Auth, 'database' | 'clock' | 'otp'>

export type Turn = { answer: StoredResponse } | { answer: null; claimed: boolean }

/** Returns the response to the same form, or claims it. Does neither if the first request takes too long. */
export async function takeTurn(services: Services, submission: Submission): Promise<Turn> {
  const over = AbortSignal.timeout(TIMEOUT_MS)
  let waited = false
  do {
    if (await claimForm(services, submission)) return { answer: null, claimed: true }
    const found = await findResponse(services, submission)
    // It may have arrived during the first request and be processed only now.
    const wasUnderWay = waited || submission.arrivedAt < (found?.answer?.at ?? 0)
    if (found?.answer && (await isUsable(services, found.answer, wasUnderWay))) return { answer: found.answer }
    if (found?.answer) await forgetForm(services, found.key)
    waited ||= found?.answer === null
  } while (await sleep(POLL_MS, over))
  return { answer: null, claimed: false }
}

/** Whether a response can be sent again: not if its session was signed out, replaced, or its user deactivated. */
async function isUsable(
  services: Services,
  { isRepeatable, successor, within }: StoredResponse,
  wasUnderWay: boolean,
): Promise<boolean> {
  if (isRepeatable && !wasUnderWay) return false
  const session = successor ?? within
  return session === null || stillStands(services, session)
}
