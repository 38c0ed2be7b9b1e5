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
 */
export function alertFor(req: Request, code: string, retryAfter?: number): FormAlert {
  const wait = retryAfter === undefined ? '' : describeWait(retryAfter, req.language)
  return { code, text: req.t(`errors:${code}`, { wait }) }
}
