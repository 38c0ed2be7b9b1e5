import { SiteError } from './errors.js'
import { runHostCode } from './host-code.js'
import { within } from './within.js'

/** Seconds that the application's code gets while a transaction or a request waits for it. */
const PATIENCE = 10

/**
 * Runs code of the application with a time limit. Without one, a transaction could keep its
 * connection and locks forever, and a few of them would use up all connections. The code itself
 * continues after the limit, but its result is ignored.
 *
 * @param what identifies the code in the log
 * @throws SiteError `host_code_silent` after the time limit
 */
export async function runInTime<Result>(
  what: string,
  work: () => Result | Promise<Result>,
  seconds = PATIENCE,
): Promise<Result> {
  return await runHostCode(async () => {
    const run = async () => ({ result: await work() })
    const finished = await within(seconds * 1000, run())
    if (!finished) throw silent(what, seconds)
    return finished.result
  })
}

const silent = (what: string, seconds: number): SiteError =>
  new SiteError(
    'host_code_silent',
    `${what} did not respond within ${seconds} seconds.`,
    'Check what it waits for, and give that a time limit.',
  )
