import type { Request } from 'express'
import { devicesForUser, type ListedDevice } from '../../otp/devices-for-user.js'
import type { Auth } from '../auth.js'

/** Whose token is awaited, and from which devices. */
export interface TokenStage {
  step: 'token'
  user: { id: number; email: string; isStaff: boolean; authEpoch: number }
  devices: ListedDevice[]
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
  const user = awaited && (await findUser(auth, awaited.userId, awaited.epoch))
  if (!user) return { step: 'password', expired: false }
  return { step: 'token', user, devices: usable(await devicesForUser(auth.otp, user.id)) }
}

function unverified(req: Request): { userId: number; epoch: number } | null {
  const { userId, epoch } = req.session
  return req.user && !req.user.isVerified() && userId !== undefined && epoch !== undefined ? { userId, epoch } : null
}

async function findUser(auth: Auth, id: number, epoch: number): Promise<TokenStage['user'] | null> {
  const user = await auth.database.models.User.findOne({
    where: { id, auth_epoch: epoch, is_active: true },
    attributes: ['id', 'email', 'is_staff', 'auth_epoch'],
    raw: true,
  })
  return user && { id: user.id, email: user.email, isStaff: user.is_staff, authEpoch: user.auth_epoch }
}

/** A set of backup tokens that is used up is not offered. */
function usable(devices: ListedDevice[]): ListedDevice[] {
  return devices.filter((device) => device.remaining !== 0)
}
