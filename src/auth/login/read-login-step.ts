import type { Request } from 'express'
import { z } from 'zod'
import { isWithin } from '../../clock.js'
import { setLanguage } from '../../http/client/negotiate-language.js'
import { type ListedDevice, ownerWithDevices, userHasDevice } from '../../otp/devices/devices-for-user.js'
import type { Asker } from '../../otp/throttle/failures.js'
import { signInAsker } from '../asker.js'
import type { Auth } from '../auth.js'
import { browserValues, IS_KNOWN_BROWSER } from '../known-browser.js'
import { readTrustDays } from '../policy/trust-days.js'
import { userStillExists } from '../refresh-host-user.js'

const awaitedUser = z.object({
  id: z.number(),
  email: z.string(),
  isStaff: z.boolean(),
  authEpoch: z.number(),
  locale: z.string().nullable(),
  isKnownBrowser: z.boolean(),
})

/** The token step: the user who has to enter a token, and their devices. */
export interface TokenStep {
  step: 'token'
  user: z.output<typeof awaitedUser>
  devices: ListedDevice[]
  /** Whether the user has a second factor, even one that cannot be used: disabled, all tokens used, or of a kind not in use. */
  hasFactor: boolean
  /** Days for which this browser can be trusted. 0: it cannot. */
  trustDays: number
  /** Identifies the requester whose failures apply to this browser. */
  asker: Asker
}

/** The step of the sign-in that this browser has reached. */
export type LoginStep = { step: 'password'; expired: boolean } | TokenStep

/**
 * Reads the current step: the password, or the token if the password was correct or the user is
 * signed in without a second factor.
 */
export async function readLoginStep(auth: Auth, req: Request): Promise<LoginStep> {
  const { pending } = req.session
  if (pending && !isWithin(auth.config.loginTimeout, new Date(pending.at), auth.clock.now()))
    return { step: 'password', expired: true }
  const awaited = pending ?? unverified(req)
  if (!awaited) return { step: 'password', expired: false }
  if (auth.hostUsers && !(await userStillExists(auth, awaited.userId))) return { step: 'password', expired: false }
  const hosted = auth.hostUsers !== null
  const values = { epoch: awaited.epoch, hosted, ...browserValues(auth, req, awaited.userId) }
  const query = { sql: AWAITED_USER, values, row: awaitedUser }
  const [found, trustDays] = await Promise.all([
    ownerWithDevices(auth.otp, awaited.userId, query),
    readTrustDays(auth, awaited.userId),
  ])
  if (!found) return { step: 'password', expired: false }
  setLanguage(req, found.owner.locale)
  const asker = signInAsker(req, found.owner.isKnownBrowser)
  const devices = usableDevices(found.devices)
  const hasFactor = found.devices.length > 0 || (await userHasDevice(auth.otp, awaited.userId))
  return { step: 'token', user: found.owner, devices, hasFactor, trustDays, asker }
}

function unverified(req: Request): { userId: number; epoch: number } | null {
  const { userId, epoch } = req.session
  return req.user && !req.user.isVerified() && userId !== undefined && epoch !== undefined ? { userId, epoch } : null
}

const AWAITED_USER = `
select id, email, is_staff as "isStaff", auth_epoch as "authEpoch", locale, ${IS_KNOWN_BROWSER} as "isKnownBrowser"
from users where id = $userId and auth_epoch = $epoch and is_active
  and (external_id is not null) = $hosted`

/** Leaves out sets of backup tokens that have no tokens left. */
export function usableDevices(devices: readonly ListedDevice[]): ListedDevice[] {
  return devices.filter((device) => device.remaining !== 0)
}
