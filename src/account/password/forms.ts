import { z } from 'zod'
import { field, passwordField } from '../../http/read-form.js'
import { MAX_LENGTH } from './judge-password.js'

export const forgotForm = z.object({ username: field(254) })

/** Twice what is taken, so that somebody who types more is told so on the page. */
export const resetForm = z.object({ password: passwordField(2 * MAX_LENGTH) })
