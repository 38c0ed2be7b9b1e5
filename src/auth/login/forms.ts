import { z } from 'zod'
import { field } from '../../http/read-form.js'

/** Both steps post to one address; which one it is, the session and the fields tell together. */
export const loginForm = z.object({
  username: field(254).optional(),
  password: field(1024).optional(),
  otp_device: field(32),
  otp_token: field(128).optional(),
  otp_challenge: field(32).optional(),
  next: field(2000),
})

export type LoginForm = z.infer<typeof loginForm>
