import { SiteError } from './errors.js'
import { runHostCode } from './host-code.js'
import { within } from './within.js'

/** Seconds that the application's code has as long as a transaction or a request waits for it. */
const PATIENCE = 10

/**
 * Runs code of the application for a limited time. Without an answer a transaction would keep
 * its connection and its locks, and a few of them every connection of the site. The code itself
 * continues, and its answer is not used.
 *
 * @param what names the code in the log
 * @throws SiteError `host_code_silent`
 */
export async function runInTime<Result>(
  what: string,
  work: () => Result | Promise<Result>,
  seconds = PATIENCE,
): Promise<Result> {
  return await runHostCode(async () => {
    const run = async () => ({ answer: await work() })
    const answered = await within(seconds * 1000, run())
    if (!answered) throw silent(what, seconds)
    return answered.answer
  })
}

const silent = (what: string, seconds: number): SiteError =>
  new SiteError(
    'host_code_silent',
    `${what} did not respond within ${seconds} seconds.`,
    'Check what it waits for, and give that a time limit.',
  )
