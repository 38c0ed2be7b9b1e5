import type { Request } from 'express'
import { z } from 'zod'
import { field } from '../../http/read-form.js'
import { devicesForUser, type ListedDevice } from '../../otp/devices-for-user.js'
import { MAX_TOKEN_LENGTH } from '../../otp/kinds/kind.js'
import type { Auth } from '../auth.js'
import { usable } from '../login/read-stage.js'
import type { RequestUser } from '../request-user.js'

export const verifyForm = z.object({
  otp_device: field(32),
  otp_token: field(MAX_TOKEN_LENGTH),
  otp_challenge: field(32),
  next: field(2000),
  kinds: field(400),
})

export type VerifyForm = z.output<typeof verifyForm>

/** The user who has to enter another token, and the devices that are accepted. */
export interface StepUp {
  user: RequestUser
  /** Accepted kinds. Null: any. */
  kinds: readonly string[] | null
  devices: readonly ListedDevice[]
}

export async function readStepUp(auth: Auth, req: Request, user: RequestUser): Promise<StepUp> {
  const kinds = requestedKinds(auth, req)
  const devices = usable(await devicesForUser(auth.otp, user.id))
  return { user, kinds, devices: devices.filter(({ kind }) => kinds?.includes(kind) ?? true) }
}

/**
 * Reads the kinds that the query or the form names. They only prevent a useless token: without
 * them, the requirement is checked again anyway.
 */
function requestedKinds({ otp }: Auth, req: Request): readonly string[] | null {
  const typed: Record<string, unknown> = req.body ?? {}
  const named = typed['kinds'] ?? req.query['kinds']
  if (typeof named !== 'string') return null
  const kinds = otp.everyKind.flatMap(({ name }) => (named.split(',').includes(name) ? name : []))
  return kinds.length > 0 ? kinds : null
}
