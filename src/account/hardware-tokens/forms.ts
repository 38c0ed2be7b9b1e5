import { z } from 'zod'
import { field } from '../../http/read-form.js'

export const keyForm = z.object({ name: field(256), key: field(512), digits: field(1), counter: field(64) })

export const codeForm = z.object({ otp_token: field(512) })

/** Two codes in a row, each in a field of its own. */
export const codesForm = z.object({ otp_token: field(512), otp_token_next: field(512) })
