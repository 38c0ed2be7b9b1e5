import { SiteError } from '../../errors.js'
import { runHostCode } from '../../host-code.js'
import { within } from '../../within.js'
import type { UsersAdapter } from './users-adapter.js'

/** Seconds within which an adapter has to respond, unless it sets another number. */
const DEFAULT_TIMEOUT = 10
/** Seconds. A timer cannot wait longer than 24 days; with a larger value it fires immediately. */
const MAX_TIMEOUT = 3600

/**
 * Calls a host application's adapter with a time limit, so that a request does not wait forever.
 * The adapter's own work continues, and its result is ignored.
 *
 * @throws SiteError `host_users_silent`
 */
export async function callAdapter<Answer>(
  adapter: UsersAdapter,
  question: (adapter: UsersAdapter) => Answer | Promise<Answer>,
): Promise<Answer> {
  return await runHostCode(async () => {
    const seconds = timeoutOf(adapter)
    const call = async () => ({ result: await question(adapter) })
    const response = await within(seconds * 1000, call())
    if (!response) throw timedOut(seconds)
    return response.result
  })
}

/** An adapter in JavaScript can set any value. None of them may mean "forever" or "not at all". */
function timeoutOf({ timeoutSeconds: seconds = DEFAULT_TIMEOUT }: UsersAdapter): number {
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, MAX_TIMEOUT) : DEFAULT_TIMEOUT
}

const timedOut = (seconds: number): SiteError =>
  new SiteError(
    'host_users_silent',
    `The users adapter did not respond within ${seconds} seconds.`,
    'Check what it waits for, or set its timeoutSeconds.',
  )
