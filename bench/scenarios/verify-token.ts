import { recordTokens } from '../../src/otp/tokens/record-tokens.js'
import { verifyToken } from '../../src/otp/tokens/verify-token.js'
import { testClock } from '../../test/support/clock.js'
import { createDatabase } from '../databases.js'
import type { BenchContext, ResultRow } from '../scenario.js'
import { formatThousands, inParallel } from '../stats.js'
import { addUsers, currentCode, createOtp } from '../users.js'

const DEVICES = 500
const ROUNDS = 8
const WARM_UP = 2
/** The number of connections in each pool. */
const CALLERS = 10

/** Measures `verifyToken` in this process, with the audit log as in the site. */
export async function verifyTokenRate(bench: BenchContext): Promise<ResultRow[]> {
  const { database, drop } = await createDatabase(bench)
  const clock = testClock()
  const otp = createOtp(database, clock)
  recordTokens(otp)
  const users = await addUsers(otp, DEVICES)
  const rates: number[] = []
  const costs: number[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    // Each device accepts one code per step.
    clock.advance(30)
    const token = currentCode(clock.now())
    const start = performance.now()
    const cpu = process.cpuUsage()
    await inParallel(users, CALLERS, async ({ id, deviceId }) => {
      const { ok } = await verifyToken(otp, { userId: id, deviceId, token })
      if (!ok) throw new Error(`The token of ${deviceId} was rejected.`)
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
      target: '≥ 800/s, 4 statements at most each',
      measured: `${formatThousands(rate)}/s, ${Math.min(...costs).toFixed(2)} ms of CPU each`,
      ok: rate >= 800,
    },
  ]
}
