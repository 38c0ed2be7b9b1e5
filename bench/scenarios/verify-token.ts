import { testClock } from '../../test/support/clock.js'
import { verifyToken } from '../../src/otp/verify-token.js'
import { auditDeviceEvents } from '../../src/auth/audit-device-events.js'
import { createDatabase } from '../databases.js'
import { formatThousands, inParallel } from '../stats.js'
import { addUsers, currentCode, createOtp } from '../users.js'
import type { BenchContext, ResultRow } from '../scenario.js'

const DEVICES = 500
const ROUNDS = 8
const WARM_UP = 2
/** As many as either pool has connections. */
const CALLERS = 10

/** The one door, with the audit trail behind it as in the site, asked by this process. */
export async function verifyTokenRate(bench: BenchContext): Promise<ResultRow[]> {
  const { database, drop } = await createDatabase(bench)
  const clock = testClock()
  const otp = createOtp(database, clock)
  auditDeviceEvents(otp)
  const people = await addUsers(otp, DEVICES)
  const rates: number[] = []
  const costs: number[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    // Each device accepts one code a step.
    clock.advance(30)
    const token = currentCode(clock.now())
    const start = performance.now()
    const cpu = process.cpuUsage()
    await inParallel(people, CALLERS, async ({ id, deviceId }) => {
      const { ok } = await verifyToken(otp, { userId: id, deviceId, token })
      if (!ok) throw new Error(`The token of ${deviceId} was refused.`)
    })
    rates.push(DEVICES / ((performance.now() - start) / 1000))
    const { user, system } = process.cpuUsage(cpu)
    costs.push((user + system) / 1000 / DEVICES)
  }
  await drop()
  const rate = Math.max(...rates.slice(WARM_UP))
  return [
    {
      what: '`verifyToken` on PostgreSQL, one process',
      must: '≥ 800/s, 4 statements at most each',
      measured: `${formatThousands(rate)}/s, ${Math.min(...costs).toFixed(2)} ms of CPU each`,
      ok: rate >= 800,
    },
  ]
}
