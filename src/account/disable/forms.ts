import { z } from 'zod'
import { field } from '../../http/read-form.js'

export const disableForm = z.object({ confirm: field(16) })
