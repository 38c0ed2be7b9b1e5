import type { Request } from 'express'
import type { Device } from '../../otp/device.js'
import type { Auth } from '../auth.js'
import { startSession } from '../session.js'
import type { Answer } from './answer.js'

/** What both ways of signing in with a token end with. */
export async function signIn(
  auth: Auth,
  req: Request,
  user: { id: number; isStaff: boolean; authEpoch: number },
  device: Device,
  next: string | null,
): Promise<Answer> {
  const now = auth.clock.now()
  await auth.addressLimit.giveBack(req.ip ?? '')
  await startSession(req, user, device.persistentId, now)
  await auth.database.pool.query('update users set last_login_at = $2 where id = $1', [user.id, now])
  return { ok: true, location: next ?? (user.isStaff ? '/admin' : '/account/two-factor') }
}
