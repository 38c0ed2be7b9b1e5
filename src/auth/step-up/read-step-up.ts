import type { Request } from 'express'
import { z } from 'zod'
import { textField } from '../../http/read-form.js'
import { devicesForUser, type ListedDevice } from '../../otp/devices-for-user.js'
import { MAX_TOKEN_LENGTH } from '../../otp/kind-registry/kind.js'
import type { Auth } from '../auth.js'
import { usableDevices } from '../login/read-login-step.js'
import type { RequestUser } from '../request-user.js'

export const stepUpForm = z.object({
  otp_device: textField(32),
  otp_token: textField(MAX_TOKEN_LENGTH),
  otp_challenge: textField(32),
  next: textField(2000),
  kinds: textField(400),
})

export type StepUpForm = z.output<typeof stepUpForm>

/** The user who has to enter another token, and the devices that are accepted. */
export interface StepUp {
  user: RequestUser
  /** Accepted kinds. Null: any. */
  kinds: readonly string[] | null
  devices: readonly ListedDevice[]
}

export async function readStepUp(auth: Auth, req: Request, user: RequestUser): Promise<StepUp> {
  const kinds = requestedKinds(auth, req)
  const devices = usableDevices(await devicesForUser(auth.otp, user.id))
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
