import type { Request } from 'express'
import { speak } from '../../http/choose-language.js'
import { runStatement } from '../../db/run-statement.js'
import { devicesForUser, type ListedDevice } from '../../otp/devices-for-user.js'
import type { Auth } from '../auth.js'
import { readTrustDays } from '../trusted-browser/read-trust-days.js'

/** Whose token is awaited, and from which devices. */
export interface TokenStage {
  step: 'token'
  user: { id: number; email: string; isStaff: boolean; authEpoch: number; locale: string | null }
  devices: ListedDevice[]
  /** For how many days this browser may be trusted; 0: it may not. */
  trustDays: number
}

/** Where this browser stands in signing in. */
export type Stage = { step: 'password'; expired: boolean } | TokenStage

/**
 * The password step, or the token step for somebody between the two, or for somebody
 * signed in whom no device has verified.
 */
export async function readStage(auth: Auth, req: Request): Promise<Stage> {
  const { pending } = req.session
  if (pending && auth.clock.now().getTime() - pending.at > auth.config.loginTimeout * 1000)
    return { step: 'password', expired: true }
  const awaited = pending ?? unverified(req)
  if (!awaited) return { step: 'password', expired: false }
  const [user, devices, trustDays] = await Promise.all([
    findUser(auth, awaited.userId, awaited.epoch),
    devicesForUser(auth.otp, awaited.userId),
    readTrustDays(auth, awaited.userId),
  ])
  if (!user) return { step: 'password', expired: false }
  speak(req, user.locale)
  return { step: 'token', user, devices: usable(devices), trustDays }
}

function unverified(req: Request): { userId: number; epoch: number } | null {
  const { userId, epoch } = req.session
  return req.user && !req.user.isVerified() && userId !== undefined && epoch !== undefined ? { userId, epoch } : null
}

async function findUser(auth: Auth, id: number, epoch: number): Promise<TokenStage['user'] | null> {
  const [user] = await runStatement<TokenStage['user']>(auth.database, undefined, AWAITED_USER, { id, epoch })
  return user ?? null
}

const AWAITED_USER = `
select id, email, is_staff as "isStaff", auth_epoch as "authEpoch", locale
from users where id = $id and auth_epoch = $epoch and is_active`

/** A set of backup tokens that is used up is not offered. */
export function usable(devices: readonly ListedDevice[]): ListedDevice[] {
  return devices.filter((device) => device.remaining !== 0)
}
