import type { Request } from 'express'
import { runStatement } from '../db/run-statement.js'
import { devicesForUser, userHasDevice } from '../otp/devices-for-user.js'
import type { Auth } from './auth.js'
import { policyOf, secondFactorOf } from './policy.js'
import { isShown, type PolicyStanding, standingOf } from './policy-standing.js'
import type { RequestUser } from './request-user.js'

/**
 * Where a signed-in person stands with his policy, and since when it has ruled him, written
 * down. Costs no query where a device that counts has verified the session, and one else.
 */
export async function readPolicyStanding(
  auth: Auth,
  { auth: state, session }: Pick<Request, 'auth' | 'session'>,
  user: RequestUser,
): Promise<PolicyStanding> {
  const policy = policyOf(auth.config, user)
  const now = auth.clock.now()
  if (!policy.demanded && user.policySince) await writeSince(auth, CLEAR, user.id, now)
  if (!policy.demanded || isShown(policy, state.factors)) return { state: 'met' }
  const devices = await devicesForUser(auth.otp, user.id)
  if (!user.policySince && !secondFactorOf(policy, devices)) await writeSince(auth, SET, user.id, now)
  // Whom an administrator invited may go to the setup, past devices that are all disabled.
  const mustVerify = state.level === 'authenticated' && session.invitedAt === undefined
  const hasFactor = mustVerify && (devices.length > 0 || (await userHasDevice(auth.otp, user.id)))
  return standingOf(policy, { state, devices, hasFactor, since: user.policySince ?? now }, now)
}

async function writeSince({ database }: Auth, sql: string, userId: number, now: Date): Promise<void> {
  await runStatement(database, undefined, sql, { userId, now })
}

// Only ever once: a device that was enrolled and removed again gives no new grace.
const SET = 'update users set policy_since = $now where id = $userId and policy_since is null'
const CLEAR = 'update users set policy_since = null where id = $userId'
