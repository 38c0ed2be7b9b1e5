import { z } from 'zod'
import { field } from '../../http/read-form.js'
import { MAX_TOKEN_LENGTH } from '../../otp/kinds/kind.js'

/** `credential` is filled in by the script. */
export const addKeyForm = z.object({ name: field(256), credential: field(MAX_TOKEN_LENGTH), next: field(2000) })

export type AddKeyForm = z.infer<typeof addKeyForm>
