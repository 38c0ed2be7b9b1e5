import type { KindWorld, Prepared } from './kinds/kind.js'
import type { Otp } from './otp.js'
import { peekDevices, type Wanted } from './sql/lock-devices.js'
import { whyNotAsked } from './why-not-asked.js'

/** Milliseconds that whoever is asked outside has to answer: the person waits for the page meanwhile. */
const PATIENCE_MS = 5_000

/** What came of asking outside, by device; null: nobody had to be asked about that one. */
export type PreparedTokens = ReadonlyMap<number, Prepared<unknown> | null>

/**
 * Asks outside about a token where its kind does so, before anything is locked: a server that
 * is slow makes one person wait, and holds no row. Devices that may not be asked at present
 * are passed over, so that guessing does not reach the server faster than the throttle lets it.
 */
export async function prepareToken(otp: Otp, wanted: Wanted, token: string, world: KindWorld): Promise<PreparedTokens> {
  const { kind } = wanted
  const prepare = kind.prepare?.bind(kind)
  if (!prepare || !kind.couldBe(token)) return new Map()
  const devices = await peekDevices(otp, wanted, token, world)
  const free = devices.filter((device) => !whyNotAsked(device, otp.settings.throttleFactor, world.now))
  const asked = free.map(
    async ({ row }) => [row.id, await withinTime((signal) => prepare(row, token, world, signal))] as const,
  )
  return new Map(await Promise.all(asked))
}

/** Nobody answered in time: a value, since the person can only try again. Anything else that is thrown is a fault. */
async function withinTime(
  ask: (signal: AbortSignal) => Promise<Prepared<unknown> | null>,
): Promise<Prepared<unknown> | null> {
  const signal = AbortSignal.timeout(PATIENCE_MS)
  const tooLate = new Promise<Prepared<unknown>>((resolve) => {
    signal.addEventListener('abort', () => resolve({ answered: false }), { once: true })
  })
  try {
    return await Promise.race([ask(signal), tooLate])
  } catch (fault) {
    if (signal.aborted) return { answered: false }
    throw fault
  }
}
