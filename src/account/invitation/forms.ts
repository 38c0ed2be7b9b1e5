import { z } from 'zod'
import { passwordField } from '../../http/read-form.js'
import { MAX_LENGTH } from '../password/judge-password.js'

/** Twice what is taken, so that somebody who types more is told so on the page. */
export const invitationForm = z.object({ password: passwordField(2 * MAX_LENGTH) })
