import { runStatement } from '../../db/run-statement.js'
import { lanes, type Failures, failuresOf, stateFor, storedFailures } from './failures.js'
import type { Otp } from '../otp.js'
import type { PersistentId } from '../device.js'
import { persistentId } from '../devices/persistent-id.js'
import { accountThrottle, deviceThrottle, timesIn } from './throttle.js'
import { toFailedTokens } from '../sql/failed-tokens.js'

/** The locks and waits because of which a user's codes are not verified now, in any lane. */
export interface Waits {
  /** End of the account's lock. Null if it is not locked. */
  lockedUntil: Date | null
  /** Throttled devices, with the end of their wait. */
  devices: { device: PersistentId; name: string; until: Date }[]
}

/** Reads the waits of a user for an administrator who can clear them. Locks and changes nothing. */
export async function readWaits(otp: Otp, userId: number): Promise<Waits> {
  const now = otp.clock.now()
  const [owner] = await runStatement<OwnerRow>(otp.database, undefined, OWNER, { userId })
  if (!owner) return { lockedUntil: null, devices: [] }
  const failed = toFailedTokens(owner.token_failed_at, owner.token_failed_lanes)
  const locks = lanes.map((lane) => accountThrottle(timesIn(failed, lane), now)?.lockedUntil ?? null)
  const byDevice = storedFailures.parse(owner.token_failures)
  const rows = await runStatement<WaitingRow>(otp.database, undefined, waitingSql(otp), { userId })
  const devices = rows.flatMap((row) => {
    const device = persistentId(row.kind, row.id)
    const until = waitOf(failuresOf(byDevice[device], row), otp.settings.throttleFactor, now)
    return until ? [{ device, name: row.name, until }] : []
  })
  return { lockedUntil: latest(locks), devices }
}

interface OwnerRow {
  token_failed_at: Date[]
  token_failed_lanes: string[]
  token_failures: unknown
}

const OWNER = 'select token_failed_at, token_failed_lanes, token_failures from users where id = $userId'

interface WaitingRow {
  kind: string
  id: number
  name: string
  failure_count: number
  failed_at: Date | null
}

/** Leaves out kinds whose tokens cannot be guessed, because only the requester who failed has to wait there. */
function waitingSql({ kinds }: Otp): string {
  const parts = kinds
    .filter(({ unguessable }) => !unguessable)
    .map(
      ({ name, table }) => `select '${name}' as kind, id, name, failure_count, failed_at from ${table}
      where user_id = $userId and confirmed and failure_count > 0`,
    )
  return `${parts.join(' union all ')} order by kind, id`
}

function waitOf(failures: readonly Failures[], factor: number, now: Date): Date | null {
  return latest(
    lanes.map((lane) => deviceThrottle(stateFor(failures, { lane }, 'lane'), factor, now)?.lockedUntil ?? null),
  )
}

function latest(times: readonly (Date | null)[]): Date | null {
  return times.reduce<Date | null>((end, each) => (each && (!end || each > end) ? each : end), null)
}
