import { z } from 'zod'
import { field } from '../../http/read-form.js'
import { RESPONSE_LENGTH } from '../../otp/webauthn/parse-response.js'

/** `credential` is filled in by the script. */
export const addKeyForm = z.object({ name: field(256), credential: field(RESPONSE_LENGTH), next: field(2000) })

export type AddKeyForm = z.infer<typeof addKeyForm>
