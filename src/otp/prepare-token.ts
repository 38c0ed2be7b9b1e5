import { isNotReadable } from '../crypto/keyring.js'
import type { Database } from '../db/connect.js'
import type { Asker } from './failures.js'
import type { Kind, KindWorld, Prepared } from './kinds/kind.js'
import type { Otp } from './otp.js'
import { peekDevices, type Wanted } from './sql/lock-devices.js'
import { whyNotAsked } from './why-not-asked.js'

/** Milliseconds that whoever is asked outside has to answer: the person waits for the page meanwhile. */
const PATIENCE_MS = 5_000

/** What came of asking outside, by device; null: nobody had to be asked about that one. */
export type PreparedTokens = ReadonlyMap<number, Prepared<unknown> | null>

/** One token, and who submits it. */
interface Submitted {
  token: string
  world: KindWorld
  asker: Asker
}

/** Whose turn it is, by database: one token of each owner and kind that asks outside. */
const turns = new WeakMap<Database, Set<string>>()

/**
 * Asks outside about a token where its kind does so, before anything is locked: a server that
 * is slow makes one person wait, and holds no row. Devices that may not be asked at present
 * are passed over. A token that comes while another one's is asked about or counted is not
 * asked about at all, so that guesses at once do not reach the server faster than the throttle
 * lets them. Each process takes turns of its own: of several, each may ask about one guess
 * before the first failure counts.
 *
 * @param work what saves the outcome: the turn lasts until then
 */
export async function withPrepared<Result>(
  otp: Otp,
  candidates: readonly Wanted[],
  submitted: Submitted,
  work: (prepared: ReadonlyMap<Kind, PreparedTokens>) => Promise<Result>,
): Promise<Result> {
  const taken = turns.get(otp.database) ?? new Set()
  turns.set(otp.database, taken)
  const free = candidates
    .filter(({ kind }) => kind.prepare && kind.couldBe(submitted.token))
    .filter((wanted) => !taken.has(turnOf(wanted)))
  for (const wanted of free) taken.add(turnOf(wanted))
  try {
    const prepared = new Map<Kind, PreparedTokens>()
    for (const wanted of free) prepared.set(wanted.kind, await prepareToken(otp, wanted, submitted))
    return await work(prepared)
  } finally {
    for (const wanted of free) taken.delete(turnOf(wanted))
  }
}

/** Not by device: of a token without a name nobody knows yet which of the owner's devices it is from. */
const turnOf = ({ kind, userId }: Wanted) => `${kind.name}/${userId}`

async function prepareToken(otp: Otp, wanted: Wanted, { token, world, asker }: Submitted): Promise<PreparedTokens> {
  const { kind } = wanted
  const prepare = kind.prepare?.bind(kind)
  if (!prepare) return new Map()
  const devices = await peekDevices(otp, wanted, token, world)
  const free = devices.filter((device) => !whyNotAsked(device, asker, otp.settings.throttleFactor, world.now))
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
    // Without its key a device asks nobody: judging it says so.
    if (isNotReadable(fault)) return null
    throw fault
  }
}
