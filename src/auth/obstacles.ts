import { backupKinds, besides, counts, type Policy } from './policy.js'

/** A way to let someone sign in again. `enable`: a disabled device becomes active. */
export const accessHelps = ['unlock', 'invite', 'giveBackupToken', 'resetSecondFactor', 'enable'] as const

export type AccessHelp = (typeof accessHelps)[number]

export const isAccessHelp = (help: string): help is AccessHelp => accessHelps.some((each) => each === help)

/**
 * Why someone still cannot sign in after they were helped.
 *
 * - `deactivated`: the account is
 * - `no_password`: they have none yet, and an invitation lets them choose one
 * - `device_asked`: an invitation does not replace an active device, so its link asks for a code
 * - `none_usable`: they have devices, and none of them can be asked
 * - `invitation_needed`: they have no device, and set one up by invitation only
 * - `nothing_accepted`: their policy accepts no method that can be set up here
 */
export type Obstacle =
  'deactivated' | 'no_password' | 'device_asked' | 'none_usable' | 'invitation_needed' | 'nothing_accepted'

/** What obstacles depend on. */
export interface Situation {
  isActive: boolean
  isStaff: boolean
  /** False: invited, and the first password is not chosen yet. */
  hasPassword: boolean
  policy: Policy
  enrolment: 'self' | 'invite'
  /** Whether there is a second factor: active and disabled devices of every kind. */
  hasFactor: boolean
  /** Kinds of the active devices, of the kinds in use. */
  active: readonly string[]
  /** Kinds of those of them that can be asked here and now. */
  askable: readonly string[]
  /** Kinds that can be set up here. */
  offered: readonly string[]
}

/** Says what keeps someone out after a help, from what was before it. Pure. Locks are not in it: each help ends them. */
export function obstaclesAfter(help: AccessHelp, before: Situation): Obstacle[] {
  if (!before.isActive) return ['deactivated']
  const noPassword: Obstacle[] = help !== 'invite' && !before.hasPassword ? ['no_password'] : []
  const second = secondFactorObstacle(help, afterHelp(help, before))
  return second ? [...noPassword, second] : noPassword
}

function afterHelp(help: AccessHelp, before: Situation): Situation {
  if (help === 'resetSecondFactor') return { ...before, hasFactor: false, active: [], askable: [] }
  if (help !== 'giveBackupToken') return before
  const given = backupKinds(before.policy)
  return { ...before, hasFactor: true, active: [...before.active, ...given], askable: [...before.askable, ...given] }
}

function secondFactorObstacle(help: AccessHelp, situation: Situation): Obstacle | null {
  const { askable, hasFactor, isStaff, policy, enrolment } = situation
  const isInvited = help === 'invite'
  if (askable.length > 0) return isInvited ? 'device_asked' : policyObstacle(situation)
  if (hasFactor && !isInvited) return 'none_usable'
  if (!isInvited && !isStaff && !policy.demanded) return null
  if (!isInvited && enrolment === 'invite') return 'invitation_needed'
  return setUpObstacle(situation)
}

/** What the policy has against a sign-in with one of the devices that can be asked. */
function policyObstacle(situation: Situation): Obstacle | null {
  const { policy, active, askable } = situation
  if (!policy.demanded) return null
  if (active.some((kind) => counts(policy, kind)))
    return askable.some((kind) => counts(policy, kind) || besides(policy).includes(kind)) ? null : 'none_usable'
  return policy.demand === 'strict' || policy.kinds !== null ? setUpObstacle(situation) : null
}

function setUpObstacle({ policy, offered }: Situation): Obstacle | null {
  if (!policy.demanded) return null
  return offered.some((kind) => counts(policy, kind)) ? null : 'nothing_accepted'
}
