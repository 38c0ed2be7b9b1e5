import type { Request } from 'express'
import { SiteError } from '../errors.js'
import { askable, factorsOfUser, type ListedDevice } from '../otp/devices/devices-for-user.js'
import type { Auth } from './auth.js'
import { type AuthState, isAuthState } from './auth-state.js'
import { type MissingToken, type Requirement, findShortfall, findMissing } from './policy/requirement.js'

/**
 * The next step towards meeting a requirement.
 *
 * - `sign_in`: the request is anonymous
 * - `first_device`: signed in without any device (a disabled one, or one of a kind not in use, is
 *   a device); or invited without a device that can verify a token now
 * - `token`: signed in, and no device has accepted a token in this session
 * - `step_up`: verified, and another or a newer token is required
 * - `none`: none of the user's devices can ever provide what is missing
 */
export type NextStep =
  | { step: 'sign_in' }
  | { step: 'first_device' | 'token' | 'step_up'; missing: MissingToken }
  | { step: 'none'; missing: MissingToken; hasDevice: boolean }

/**
 * Finds the next step for a request. Queries the database only if the requirement is not met.
 *
 * @returns null if the requirement is met
 */
export async function nextStep(auth: Auth, req: Request, requirement: Requirement): Promise<NextStep | null> {
  const state = stateOf(req)
  const now = auth.clock.now()
  if (!findMissing(state, requirement, now)) return null
  if (!state.user) return { step: 'sign_in' }
  const devices = await factorsOfUser(auth.otp, state.user.id)
  const usable = usableKinds(auth, devices)
  const shortfall = findShortfall(state.factors, requirement, now, usable)
  if (!shortfall) return null
  const { missing, reachable } = shortfall
  // An invitation also helps users whose devices are all disabled.
  const isInvited = req.session.invitedAt !== undefined && state.level === 'authenticated'
  if (devices.length === 0 || (isInvited && usable.length === 0)) return { step: 'first_device', missing }
  // If none of the devices can verify a token now, the token step explains it.
  if (state.level === 'authenticated' && (reachable || usable.length === 0)) return { step: 'token', missing }
  return reachable ? { step: 'step_up', missing } : { step: 'none', missing, hasDevice: usable.length > 0 }
}

/** Lists the kinds of the devices that can verify a token now. */
export function usableKinds({ otp }: Pick<Auth, 'otp'>, devices: readonly ListedDevice[]): string[] {
  return askable(otp, devices).map(({ kind }) => kind)
}

function stateOf(req: Request): AuthState {
  const state: unknown = req.auth
  if (isAuthState(state)) return state
  throw new SiteError(
    'guard_before_site',
    'A guarded route received a request that did not pass through the site.',
    'Mount the site before the routes it guards.',
  )
}
