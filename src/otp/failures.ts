import { z } from 'zod'

/** Every lane, in the order of what the sender has shown. */
export const lanes = ['sign_in', 'known_browser', 'session', 'set_up'] as const satisfies readonly Lane[]

/**
 * Where a token was submitted. Failures in one lane make nobody wait in another, so that an
 * attacker who has the password cannot lock out an owner who has more than that
 * (docs/decisions/0008-lanes.md). `sign_in`: the password was right. `known_browser`: in
 * addition this person has signed in with a second factor in this browser before.
 * `session`: the session is verified. `set_up`: the device is being set up.
 */
export type Lane = 'sign_in' | 'known_browser' | 'session' | 'set_up'

/** Who submits a token, as far as counting failures goes. */
export interface Asker {
  lane: Lane
  /** Names this browser's attempts in its lane. Left out: the failures of everyone in the lane are its own. */
  by?: string
  /** False: the sender has proved nothing yet, so a failure counts against nobody and no wait applies. */
  counts?: false
}

/** What is assumed where a caller does not name the asker: that the password was right. */
export const anyone: Asker = { lane: 'sign_in' }

/** Consecutive failures of one asker on one device. */
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

/** The same for the column. */
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
 * The failures of one device as its row has them. The row decides: what it does not count was
 * cleared, and what only the row counts came from a sign-in.
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

/** So many askers are told apart on one device; of more, the oldest become one. */
const MAX_ASKERS = 100

/** The same with one more failure. */
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

/** Nobody attacks with such pauses: failures that are older end with the next success. */
const QUIET_MS = 30 * 24 * 3600 * 1000

/**
 * What a success leaves. It ends the asker's own failures, those of its lane where everyone in
 * it has more than the password, and old ones. Failures from elsewhere stay.
 */
export function afterSuccess(failures: readonly Failures[], asker: Asker, now: Date): Failures[] {
  return failures.filter((each) => !isOwn(each, asker) && now.getTime() - each.at.getTime() < QUIET_MS)
}

/** Whether a success of this asker ends these failures. */
function isOwn({ lane, by }: Failures, asker: Asker): boolean {
  if (asker.by === undefined) return true
  return lane === asker.lane && (lane !== 'sign_in' || by === asker.by)
}

/** What makes an asker wait for a device: every failure in the lane, or only the asker's own. */
export function stateFor(
  failures: readonly Failures[],
  { lane, by }: Asker,
  only: 'lane' | 'own',
): { failureCount: number; failedAt: Date | null } {
  const those = failures.filter((each) => each.lane === lane && (only === 'lane' || by === undefined || each.by === by))
  return { failureCount: sum(those), failedAt: latest(those) }
}

/** All failures as the device's row has them. */
export function total(failures: readonly Failures[]): { failureCount: number; failedAt: Date | null } {
  return { failureCount: sum(failures), failedAt: latest(failures) }
}

function sum(failures: readonly Failures[]): number {
  return failures.reduce((count, each) => count + each.count, 0)
}

function latest(failures: readonly Failures[]): Date | null {
  return failures.reduce<Date | null>((at, each) => (at && at >= each.at ? at : each.at), null)
}
