import { z } from 'zod'
import { textField } from '../http/forms/read-form.js'

/** All steps are submitted to the same path. The fields determine which step it is. */
export const setupForm = z.object({
  method: textField(32),
  phone_number: textField(256),
  otp_token: textField(512),
  otp_challenge: textField(32),
  next: textField(2000),
})

export type SetupForm = z.infer<typeof setupForm>
