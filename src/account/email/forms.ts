import { z } from 'zod'
import { field, passwordField } from '../../http/read-form.js'

export const emailForm = z.object({ email: field(254), password: passwordField(1024) })
