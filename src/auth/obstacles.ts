import { backupKinds, besides, isSecondFactorKind, type Policy } from './policy/policy.js'

/** Ways to let a user sign in again. `enable`: a disabled device becomes active. */
export const accessHelps = ['unlock', 'invite', 'giveBackupToken', 'resetSecondFactor', 'enable'] as const

export type AccessHelp = (typeof accessHelps)[number]

export const isAccessHelp = (help: string): help is AccessHelp => accessHelps.some((each) => each === help)

/**
 * Why a user still cannot sign in after an administrator's help.
 *
 * - `deactivated`: the account is deactivated
 * - `no_password`: they have no password yet, and can choose one with an invitation
 * - `device_asked`: an invitation does not replace an active device, so its link requires a code
 * - `none_usable`: they have devices, but none of them can verify a token now
 * - `invitation_needed`: they have no device, and need an invitation to set one up
 * - `nothing_accepted`: the policy accepts no method that can be set up on this site
 */
export type Obstacle =
  'deactivated' | 'no_password' | 'device_asked' | 'none_usable' | 'invitation_needed' | 'nothing_accepted'

/** The facts about a user that obstacles depend on. */
export interface Situation {
  isActive: boolean
  isStaff: boolean
  /** False if the user was invited and has not chosen a password yet. */
  hasPassword: boolean
  policy: Policy
  enrolment: 'self' | 'invite'
  /** Whether there is a second factor: active and disabled devices of every kind. */
  hasFactor: boolean
  /** Kinds of the active devices, without kinds that are not in use. */
  active: readonly string[]
  /** Those of them that can verify a token now. */
  askable: readonly string[]
  /** Kinds that can be set up on this site. */
  offered: readonly string[]
}

/**
 * Finds what prevents a sign-in after a help, from the situation before it. Pure. Locks are not included,
 * because every help ends them.
 */
export function obstaclesAfter(help: AccessHelp, before: Situation): Obstacle[] {
  if (!before.isActive) return ['deactivated']
  const noPassword: Obstacle[] = help !== 'invite' && !before.hasPassword ? ['no_password'] : []
  const second = secondFactorObstacle(help, afterHelp(help, before))
  return second ? [...noPassword, second] : noPassword
}

function afterHelp(help: AccessHelp, before: Situation): Situation {
  if (help === 'resetSecondFactor') return { ...before, hasFactor: false, active: [], askable: [] }
  if (help !== 'giveBackupToken') return before
  const issued = backupKinds(before.policy)
  return { ...before, hasFactor: true, active: [...before.active, ...issued], askable: [...before.askable, ...issued] }
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

/** Finds why the policy rejects a sign-in with the devices that can verify a token now. */
function policyObstacle(situation: Situation): Obstacle | null {
  const { policy, active, askable } = situation
  if (!policy.demanded) return null
  if (active.some((kind) => isSecondFactorKind(policy, kind)))
    return askable.some((kind) => isSecondFactorKind(policy, kind) || besides(policy).includes(kind))
      ? null
      : 'none_usable'
  return policy.demand === 'strict' || policy.kinds !== null ? setUpObstacle(situation) : null
}

function setUpObstacle({ policy, offered }: Situation): Obstacle | null {
  if (!policy.demanded) return null
  return offered.some((kind) => isSecondFactorKind(policy, kind)) ? null : 'nothing_accepted'
}
