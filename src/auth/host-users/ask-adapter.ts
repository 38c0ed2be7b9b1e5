import { SiteError } from '../../errors.js'
import { runHostCode } from '../../host-code.js'
import { within } from '../../within.js'
import type { UsersAdapter } from './users-adapter.js'

/** Seconds that an adapter may take for an answer where it does not say another number. */
const PATIENCE = 10
/** A timer cannot wait longer than some 24 days, and one that is asked to ends at once. */
const LONGEST = 3600

/**
 * Asks an application's adapter, and stops waiting where it does not answer: a request that
 * waits for ever keeps its connection, and its sender, for as long. The adapter's own work
 * goes on, and what becomes of it is not used.
 *
 * @throws SiteError `host_users_silent`
 */
export async function askAdapter<Answer>(
  adapter: UsersAdapter,
  question: (adapter: UsersAdapter) => Answer | Promise<Answer>,
): Promise<Answer> {
  return await runHostCode(async () => {
    const seconds = patienceOf(adapter)
    const asked = async () => ({ answer: await question(adapter) })
    const answered = await within(seconds * 1000, asked())
    if (!answered) throw silent(seconds)
    return answered.answer
  })
}

/** An adapter in JavaScript may say anything, and none of it may mean "for ever" or "not at all". */
function patienceOf({ timeoutSeconds: seconds = PATIENCE }: UsersAdapter): number {
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, LONGEST) : PATIENCE
}

const silent = (seconds: number): SiteError =>
  new SiteError(
    'host_users_silent',
    `The users adapter did not respond within ${seconds} seconds.`,
    'Check what it waits for, or set its timeoutSeconds.',
  )
