import { z } from 'zod'

/** All lanes, ordered by how much the requester has proved. */
export const lanes = ['sign_in', 'known_browser', 'session', 'set_up'] as const satisfies readonly Lane[]

/**
 * Where a token was submitted. Failures in one lane cause no wait in another, so that an
 * attacker who knows the password cannot lock out the owner, who has proved more
 * (docs/decisions/0008-lanes.md). `sign_in`: the password was correct. `known_browser`: in
 * addition, this user has signed in with a second factor in this browser before.
 * `session`: the session is verified. `set_up`: the device is being set up.
 */
export type Lane = 'sign_in' | 'known_browser' | 'session' | 'set_up'

/** The requester who submits a token, for counting failures. */
export interface Asker {
  lane: Lane
  /** Identifies this browser's attempts in its lane. Omitted: all failures in the lane are its own. */
  by?: string
  /** False: the requester has proved nothing yet, so failures are not counted and no wait applies. */
  counts?: false
}

/** The default if a caller passes no requester: someone whose password was correct. */
export const anyone: Asker = { lane: 'sign_in' }

/** Consecutive failures of one requester on one device. */
export interface Failures {
  lane: Lane
  by: string | null
  count: number
  /** The last one. */
  at: Date
}

/** `users.token_failures`: by persistent ID, each entry as `[lane, by, count, milliseconds since 1970]`. */
export const storedFailures = z.record(
  z.string(),
  z.array(
    z
      .tuple([z.enum(lanes), z.string().nullable(), z.number(), z.number()])
      .transform(([lane, by, count, at]): Failures => ({ lane, by, count, at: new Date(at) })),
  ),
)

export type FailuresByDevice = z.output<typeof storedFailures>

/** Converts the failures to the form of the column. */
export function toStored(failures: FailuresByDevice): Record<string, unknown[]> {
  const devices = Object.entries(failures).filter(([, entries]) => entries.length > 0)
  return Object.fromEntries(
    devices.map(([device, entries]) => [
      device,
      entries.map(({ lane, by, count, at }) => [lane, by, count, at.getTime()]),
    ]),
  )
}

/**
 * Combines the stored entries of one device with the number in its row. The row takes precedence:
 * entries beyond its number were cleared, and failures without an entry came from a sign-in.
 */
export function failuresOf(
  entries: readonly Failures[] | undefined,
  row: { failure_count: number; failed_at: Date | null },
): Failures[] {
  const known = entries ?? []
  const counted = sum(known)
  if (row.failure_count < counted) return row.failure_count === 0 ? [] : rest(row, row.failure_count)
  return row.failure_count === counted ? [...known] : [...known, ...rest(row, row.failure_count - counted)]
}

function rest({ failed_at: at }: { failed_at: Date | null }, count: number): Failures[] {
  return [{ lane: 'sign_in', by: null, count, at: at ?? new Date(0) }]
}

/** Requesters that are distinguished on one device. With more, the oldest are combined. */
const MAX_ASKERS = 100

/** Adds one failure. */
export function plusFailure(failures: readonly Failures[], asker: Asker, at: Date): Failures[] {
  const { lane } = asker
  const by = asker.by ?? null
  const isSame = (each: Failures) => each.lane === lane && each.by === by
  const count = (failures.find(isSame)?.count ?? 0) + 1
  const all = [...failures.filter((each) => !isSame(each)), { lane, by, count, at }]
  const [first, second, ...others] = all
  if (!first || !second || all.length <= MAX_ASKERS) return all
  return [{ lane: second.lane, by: null, count: first.count + second.count, at: second.at }, ...others]
}

/** Older failures are cleared by the next success, because attacks do not pause for so long. */
const QUIET_MS = 30 * 24 * 3600 * 1000

/**
 * Removes the failures that a success clears: the requester's own, those of the lane if everyone in
 * it has proved more than the password, and old ones. Failures from elsewhere remain.
 */
export function afterSuccess(failures: readonly Failures[], asker: Asker, now: Date): Failures[] {
  return failures.filter((each) => !isOwn(each, asker) && now.getTime() - each.at.getTime() < QUIET_MS)
}

/** Whether a success of this requester clears these failures. */
function isOwn({ lane, by }: Failures, asker: Asker): boolean {
  if (asker.by === undefined) return true
  return lane === asker.lane && (lane !== 'sign_in' || by === asker.by)
}

/** Sums the failures that make a requester wait for a device: all in the lane, or only their own. */
export function stateFor(
  failures: readonly Failures[],
  { lane, by }: Asker,
  only: 'lane' | 'own',
): { failureCount: number; failedAt: Date | null } {
  const those = failures.filter((each) => each.lane === lane && (only === 'lane' || by === undefined || each.by === by))
  return { failureCount: sum(those), failedAt: latest(those) }
}

/** Sums all failures, as in the device's row. */
export function total(failures: readonly Failures[]): { failureCount: number; failedAt: Date | null } {
  return { failureCount: sum(failures), failedAt: latest(failures) }
}

function sum(failures: readonly Failures[]): number {
  return failures.reduce((count, each) => count + each.count, 0)
}

function latest(failures: readonly Failures[]): Date | null {
  return failures.reduce<Date | null>((at, each) => (at && at >= each.at ? at : each.at), null)
}
