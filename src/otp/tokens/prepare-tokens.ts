import { isNotReadable } from '../../crypto/keyring.js'
import type { Database } from '../../db/connect.js'
import type { Asker } from '../throttle/failures.js'
import type { Kind, KindContext, Prepared } from '../kind-registry/kind.js'
import type { Otp } from '../otp.js'
import { peekDevices, type DeviceSelector } from '../sql/lock-devices.js'
import { throttleStatus } from '../throttle/throttle-status.js'

/** Milliseconds within which an external server has to respond, because the user waits for the page. */
const VERIFIER_TIMEOUT_MS = 5_000

/** The results of external servers, by device. Null: no server had to be queried for that device. */
export type PreparedTokens = ReadonlyMap<number, Prepared<unknown> | null>

/** One token and its requester. */
interface Submitted {
  token: string
  context: KindContext
  asker: Asker
}

/** Pending queries by database: at most one for each owner and kind. */
const inFlight = new WeakMap<Database, Set<string>>()

/**
 * Queries an external server about a token, for kinds that need one, before anything is locked, so
 * that a slow server makes one user wait but locks no row. Devices that cannot verify a token now are
 * skipped. A token that arrives while another one of the same owner and kind is queried or counted
 * is not queried at all, so that many guesses at once do not reach the server faster than the
 * throttle allows. This applies within each process: of several processes, each can query one guess
 * before the first failure is counted.
 *
 * @param work saves the result; the next token is queried after it
 */
export async function withPreparedTokens<Result>(
  otp: Otp,
  candidates: readonly DeviceSelector[],
  submitted: Submitted,
  work: (prepared: ReadonlyMap<Kind, PreparedTokens>) => Promise<Result>,
): Promise<Result> {
  const busy = inFlight.get(otp.database) ?? new Set()
  inFlight.set(otp.database, busy)
  const free = candidates
    .filter(({ kind }) => kind.prepare && kind.matchesFormat(submitted.token))
    .filter((candidate) => !busy.has(inFlightKey(candidate)))
  for (const candidate of free) busy.add(inFlightKey(candidate))
  try {
    const prepared = new Map<Kind, PreparedTokens>()
    for (const candidate of free) prepared.set(candidate.kind, await prepareToken(otp, candidate, submitted))
    return await work(prepared)
  } finally {
    for (const candidate of free) busy.delete(inFlightKey(candidate))
  }
}

/** Not by device, because a token can be submitted without naming one of the owner's devices. */
const inFlightKey = ({ kind, userId }: DeviceSelector) => `${kind.name}/${userId}`

async function prepareToken(
  otp: Otp,
  selector: DeviceSelector,
  { token, context, asker }: Submitted,
): Promise<PreparedTokens> {
  const { kind } = selector
  const prepare = kind.prepare?.bind(kind)
  if (!prepare) return new Map()
  const devices = await peekDevices(otp, selector, token, context)
  const free = devices.filter((device) => !throttleStatus(device, asker, otp.settings.throttleFactor, context.now))
  const queries = free.map(
    async ({ row }) => [row.id, await withinTime((signal) => prepare(row, token, context, signal))] as const,
  )
  return new Map(await Promise.all(queries))
}

/** Limits a query's time. A timeout is returned, because the user can only try again. Other errors are thrown. */
async function withinTime(
  query: (signal: AbortSignal) => Promise<Prepared<unknown> | null>,
): Promise<Prepared<unknown> | null> {
  const signal = AbortSignal.timeout(VERIFIER_TIMEOUT_MS)
  const tooLate = new Promise<Prepared<unknown>>((resolve) => {
    signal.addEventListener('abort', () => resolve({ answered: false }), { once: true })
  })
  try {
    return await Promise.race([query(signal), tooLate])
  } catch (error) {
    if (signal.aborted) return { answered: false }
    // The device's secret cannot be decrypted. The verification reports that.
    if (isNotReadable(error)) return null
    throw error
  }
}
