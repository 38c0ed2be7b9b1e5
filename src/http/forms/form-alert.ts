import type { Request } from 'express'
import { formatDuration } from '../pages/format-duration.js'

/** Why a form was rejected, for `views/auth/alert.ejs`. */
export interface FormAlert {
  /** The error code, a key of `errors:`. */
  code: string
  text: string
}

/**
 * Builds the alert over a rejected form, in the request's language.
 *
 * @param retryAfter seconds to wait, if waiting helps
 * @param text key of a more specific text than the code's own
 */
export function formAlert(req: Request, code: string, retryAfter?: number, text = `errors:${code}`): FormAlert {
  const wait = retryAfter === undefined ? '' : formatDuration(retryAfter, req.language)
  return { code, text: req.t(text, { wait }) }
}
