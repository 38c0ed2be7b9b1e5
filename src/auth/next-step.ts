import type { Request } from 'express'
import { SiteError } from '../errors.js'
import { askable, factorsOfUser, type ListedDevice } from '../otp/devices-for-user.js'
import type { Auth } from './auth.js'
import { type AuthState, isOurState } from './auth-state.js'
import { type MissingToken, type Requirement, shortfallOf, whatIsMissing } from './requirement.js'

/**
 * The one step that leads somebody on to what a requirement asks for.
 *
 * - `sign_in`: nobody is signed in
 * - `first_device`: signed in, without any device, disabled ones and those of kinds not in use
 *   included; or invited, without any that could be asked
 * - `token`: signed in, and no device has accepted a token in this session
 * - `step_up`: verified, and another or a newer token is wanted
 * - `none`: no device of this person's could ever give what is missing
 */
export type NextStep =
  | { step: 'sign_in' }
  | { step: 'first_device' | 'token' | 'step_up'; missing: MissingToken }
  | { step: 'none'; missing: MissingToken; hasDevice: boolean }

/**
 * Holds a request against a requirement. Asks the database only where it falls short.
 *
 * @returns null where the requirement is met
 */
export async function nextStep(auth: Auth, req: Request, requirement: Requirement): Promise<NextStep | null> {
  const state = stateOf(req)
  const now = auth.clock.now()
  if (!whatIsMissing(state, requirement, now)) return null
  if (!state.user) return { step: 'sign_in' }
  const devices = await factorsOfUser(auth.otp, state.user.id)
  const owned = kindsAtHand(auth, devices)
  const shortfall = shortfallOf(state.factors, requirement, now, owned)
  if (!shortfall) return null
  const { missing, reachable } = shortfall
  // An invitation is a way back for somebody whose devices are all disabled.
  const isInvited = req.session.invitedAt !== undefined && state.level === 'authenticated'
  if (devices.length === 0 || (isInvited && owned.length === 0)) return { step: 'first_device', missing }
  // Who has only devices that cannot be asked is told so by the token step.
  if (state.level === 'authenticated' && (reachable || owned.length === 0)) return { step: 'token', missing }
  return reachable ? { step: 'step_up', missing } : { step: 'none', missing, hasDevice: owned.length > 0 }
}

/** Kinds of the devices that could give a token here and now. */
export function kindsAtHand({ otp }: Pick<Auth, 'otp'>, devices: readonly ListedDevice[]): string[] {
  return askable(otp, devices).map(({ kind }) => kind)
}

function stateOf(req: Request): AuthState {
  const state: unknown = req.auth
  if (isOurState(state)) return state
  throw new SiteError(
    'guard_before_site',
    'A guarded route received a request that did not pass through the site.',
    'Mount the site before the routes it guards.',
  )
}
