import type { Request } from 'express'
import { setUpOf } from '../../auth/under-way.js'
import { parsePersistentId } from '../../otp/persistent-id.js'
import { readTotpEnrolment, type TotpEnrolment } from '../../otp/read-enrolment.js'
import { ENROLMENT_SECONDS } from '../../otp/sweep-enrolments.js'
import type { Account } from '../account.js'

/** A set-up in progress: the device, and what the app is to be given. */
export interface SetUp extends TotpEnrolment {
  deviceId: string
}

/** The set-up that this session has begun; null where there is none, or it is over. */
export async function readSetUp(account: Account, req: Request): Promise<SetUp | null> {
  const setUp = setUpOf(req, 'totp')
  if (!req.user || !setUp) return null
  const named = parsePersistentId(setUp.device)
  if (named?.kind !== 'totp') return null
  if (Math.abs(account.clock.now().getTime() - setUp.at) >= ENROLMENT_SECONDS * 1000) return null
  const enrolment = await readTotpEnrolment(account.otp, req.user, named.id)
  return enrolment && { deviceId: setUp.device, ...enrolment }
}
