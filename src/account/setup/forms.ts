import { z } from 'zod'
import { field } from '../../http/read-form.js'

/** All steps post to one address; which one it is, the fields tell. */
export const setUpForm = z.object({
  method: field(32),
  phone_number: field(256),
  otp_token: field(512),
  otp_challenge: field(32),
  next: field(2000),
})

export type SetUpForm = z.infer<typeof setUpForm>
