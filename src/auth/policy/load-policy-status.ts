import type { Request } from 'express'
import { runStatement } from '../../db/run-statement.js'
import { devicesForUser, userHasDevice } from '../../otp/devices/devices-for-user.js'
import type { Auth } from '../auth.js'
import { policyOf, findSecondFactor } from './policy.js'
import { isSatisfied, type PolicyStatus, policyStatus } from './policy-status.js'
import type { RequestUser } from '../request-user.js'

/**
 * Loads whether a signed-in user meets their policy, and stores since when it has applied to them.
 * Needs no query if the session is verified with an accepted device, otherwise one or two.
 */
export async function loadPolicyStatus(
  auth: Auth,
  { auth: state, session }: Pick<Request, 'auth' | 'session'>,
  user: RequestUser,
): Promise<PolicyStatus> {
  const policy = policyOf(auth.config, user)
  const now = auth.clock.now()
  if (!policy.demanded && user.policySince) await writeSince(auth, CLEAR, user.id, now)
  if (!policy.demanded || isSatisfied(policy, state.factors)) return { state: 'met' }
  const devices = await devicesForUser(auth.otp, user.id)
  if (!user.policySince && !findSecondFactor(policy, devices)) await writeSince(auth, SET, user.id, now)
  // A user whom an administrator invited can set up a device even if all others are disabled.
  const mustVerify = state.level === 'authenticated' && session.invitedAt === undefined
  const hasFactor = mustVerify && (devices.length > 0 || (await userHasDevice(auth.otp, user.id)))
  return policyStatus(policy, { state, devices, hasFactor, since: user.policySince ?? now }, now)
}

async function writeSince({ database }: Auth, sql: string, userId: number, now: Date): Promise<void> {
  await runStatement(database, undefined, sql, { userId, now })
}

// Set only once: a device that was set up and removed again does not start a new grace period.
const SET = 'update users set policy_since = $now where id = $userId and policy_since is null'
const CLEAR = 'update users set policy_since = null where id = $userId'
