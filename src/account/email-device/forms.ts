import { z } from 'zod'
import { field } from '../../http/read-form.js'

/** Both steps post to one address; which one it is, the fields tell. */
export const addEmailForm = z.object({ otp_token: field(512), otp_challenge: field(32), next: field(2000) })
