import { z } from 'zod'
import { textField, passwordField } from '../../http/read-form.js'
import { safeNext } from '../../http/safe-next.js'
import { MAX_TOKEN_LENGTH } from '../../otp/kind-registry/kind.js'

/** Both steps post to one path. The session and the fields together show which step it is. */
export const loginForm = z.object({
  username: textField(254),
  password: passwordField(1024),
  otp_device: textField(32),
  otp_token: textField(MAX_TOKEN_LENGTH),
  otp_challenge: textField(32),
  trust_browser: textField(8),
  next: textField(2000),
})

export type LoginForm = z.infer<typeof loginForm>

/** Reads the options of a sign-in: the path to continue at, and whether to trust this browser. */
export function loginOptions({ next, trust_browser: trust }: LoginForm): { next: string | null; trust: boolean } {
  return { next: safeNext(next), trust: trust !== undefined && trust !== '' }
}
