import type { Request, Response } from 'express'

const NAME = 'stepDone'
const CODE = 'codeGenerated'

/**
 * Redirects after a step that can be done only once. A request that sends the same form again
 * within seconds gets the same redirect (src/auth/repeats/) instead of an error. Steps that
 * begin or end a session, and one-time links, do not need this.
 */
export function redirectDone(res: Response, address: string): void {
  res.locals[NAME] = true
  res.redirect(303, address)
}

/** Whether a response was sent by {@link redirectDone}. */
export function isStepDone(res: Response): boolean {
  return res.locals[NAME] === true
}

/** Notes that a request has generated a code. Its response can still be a rejection, if the delivery failed. */
export function noteCodeGenerated({ res }: Request): void {
  if (res) res.locals[CODE] = true
}

/** Whether a response belongs to a request that has generated a code. */
export function hasGeneratedCode(res: Response): boolean {
  return res.locals[CODE] === true
}
