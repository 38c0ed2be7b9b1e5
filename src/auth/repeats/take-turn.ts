import { pause } from '../../notify/pause.js'
import type { Auth } from '../auth.js'
import type { Submission } from './read-submission.js'
import { claimForm, findAnswer, forgetForm, type KeptAnswer, stillStands } from './repeated-forms.js'

/** Milliseconds between two looks at what becomes of the same form. */
const LOOK = 40
/**
 * Milliseconds that the second of two forms waits for the first. Sending a code takes ten seconds
 * at most; the rest is for a machine that has other work as well. Less than a request may take
 * (listen.ts).
 */
const LONGEST = 25_000

type Services = Pick<Auth, 'database' | 'clock' | 'otp'>

export type Turn = { answer: KeptAnswer } | { answer: null; claimed: boolean }

/** The answer that the same form had, or the turn to answer it; neither where the first takes for ever. */
export async function takeTurn(services: Services, submission: Submission): Promise<Turn> {
  const over = AbortSignal.timeout(LONGEST)
  let waited = false
  do {
    if (await claimForm(services, submission)) return { answer: null, claimed: true }
    const found = await findAnswer(services, submission)
    // It may have arrived while the first was under way and be looked at only now.
    const wasUnderWay = waited || submission.arrivedAt < (found?.answer?.at ?? 0)
    if (found?.answer && (await holds(services, found.answer, wasUnderWay))) return { answer: found.answer }
    if (found?.answer) await forgetForm(services, found.key)
    waited ||= found?.answer === null
  } while (await pause(LOOK, over))
  return { answer: null, claimed: false }
}

/** Not where the session has ended meanwhile: signed out, used up by the next step, or the person was switched off. */
async function holds(
  services: Services,
  { isRepeatable, successor }: KeptAnswer,
  wasUnderWay: boolean,
): Promise<boolean> {
  if (isRepeatable && !wasUnderWay) return false
  return successor === null || stillStands(services, successor)
}
