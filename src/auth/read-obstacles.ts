import type { Transaction } from 'sequelize'
import { z } from 'zod'
import type { Config } from '../config/read-config.js'
import { runStatement } from '../db/run-statement.js'
import { askable, factorsOfUser } from '../otp/devices/devices-for-user.js'
import type { Otp } from '../otp/otp.js'
import { type AccessHelp, obstaclesAfter, type Obstacle, type Situation } from './obstacles.js'
import { kindsOffered, policyOf } from './policy/policy.js'
import { GROUPS, membership } from './read-user.js'

interface Site {
  otp: Otp
  config: Pick<Config, 'otpEnrolment' | 'otpPolicy' | 'otpGraceDays'>
}

/**
 * Reads what will still prevent a user's sign-in after each of several ways to help. Call it
 * before the help, in the same transaction.
 *
 * @example const { invite } = await readObstacles(auth, user.id, ['invite'])
 */
export async function readObstacles<Help extends AccessHelp>(
  site: Site,
  userId: number,
  helps: readonly Help[],
  transaction?: Transaction,
): Promise<Partial<Record<Help, Obstacle[]>>> {
  const situation = await readSituation(site, userId, transaction)
  const found: Partial<Record<Help, Obstacle[]>> = {}
  if (situation) for (const help of helps) found[help] = obstaclesAfter(help, situation)
  return found
}

async function readSituation(
  { otp, config }: Site,
  userId: number,
  transaction?: Transaction,
): Promise<Situation | null> {
  const [found] = await runStatement(otp.database, transaction, SELECT, { userId })
  if (!found) return null
  const { groups, ...row } = person.parse(found)
  const factors = await factorsOfUser(otp, userId, transaction)
  const inUse = ({ kind }: { kind: string }) => otp.kinds.some(({ name }) => name === kind)
  const kindOf = ({ kind }: { kind: string }) => kind
  return {
    ...row,
    policy: policyOf({ ...config, everyKind: otp.everyKind }, { isStaff: row.isStaff, groups }),
    enrolment: config.otpEnrolment,
    hasFactor: factors.length > 0,
    active: factors.filter((device) => device.state === 'active' && inUse(device)).map(kindOf),
    askable: askable(otp, factors).map(kindOf),
    offered: kindsOffered(otp),
  }
}

const person = z.object({
  isActive: z.boolean(),
  isStaff: z.boolean(),
  hasPassword: z.boolean(),
  groups: z.array(membership),
})

const SELECT = `
select u.is_active as "isActive", u.is_staff as "isStaff", coalesce((${GROUPS}), '[]') as groups,
  u.password_hash is not null or u.external_id is not null as "hasPassword"
from users u where u.id = $userId`
