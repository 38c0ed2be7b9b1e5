import type { Request } from 'express'
import { isSecondFactorKind, isKindAllowed, policyOf } from '../../auth/policy/policy.js'
import { filterCustomKinds } from '../../otp/kind-registry/custom-kind.js'
import { type Kind, worksHere } from '../../otp/kind-registry/kind.js'
import type { AccountServices } from '../account-services.js'
import { addDevicePath } from './kind-paths.js'
import { kindsWithPages, type WizardSteps } from '../kind-pages.js'

/** A method for setting up a second factor, by its name in the form. */
export interface Method {
  name: string
  kind: Kind
  /** The path of its setup page; null if it is set up in the wizard. */
  path: string | null
  /** Its steps in the wizard, if it is set up there. */
  steps: WizardSteps | null
}

/**
 * Returns the methods that the site offers the requesting user, with restricted and weak ones
 * last. If a second factor is due, only accepted methods are offered.
 */
export function offeredMethods({ config, otp }: AccountServices, { user, secondFactorDue }: Request): Method[] {
  const policy = user && policyOf(config, user)
  const isAccepted = (kind: string) =>
    !policy || (secondFactorDue ? isSecondFactorKind(policy, kind) : isKindAllowed(policy, kind))
  const offered = otp.kinds.filter((kind) => worksHere(kind, otp.settings.relyingParty) && isAccepted(kind.name))
  return [...offered.filter((kind) => !isLast(kind)), ...offered.filter(isLast)].flatMap(toMethods)
}

const isLast = ({ strength }: Kind): boolean => strength === 'restricted' || strength === 'weak'

function toMethods(kind: Kind): Method[] {
  const [own] = kindsWithPages([kind])
  if (own?.pages.setupPath !== undefined)
    return [{ name: kind.name, kind, path: own.pages.setupPath, steps: own.pages.steps ?? null }]
  return filterCustomKinds([kind]).map(({ name }) => ({ name, kind, path: addDevicePath(name), steps: null }))
}
