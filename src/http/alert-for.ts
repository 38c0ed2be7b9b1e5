import type { Request } from 'express'
import { describeWait } from './describe-wait.js'

/** Why a form was refused, for `views/auth/alert.ejs`. */
export interface FormAlert {
  /** Of CONTRACT.md §3. */
  code: string
  text: string
}

/**
 * The reason of a refused form, in the request's language.
 *
 * @param retryAfter seconds, where waiting helps
 * @param text key of a text that says more than the code's own
 */
export function alertFor(req: Request, code: string, retryAfter?: number, text = `errors:${code}`): FormAlert {
  const wait = retryAfter === undefined ? '' : describeWait(retryAfter, req.language)
  return { code, text: req.t(text, { wait }) }
}
