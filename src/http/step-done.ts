import type { Response } from 'express'

const NAME = 'stepDone'

/**
 * Leads on from a step that can be done once. Whoever sends the same form again within
 * seconds is led there again (src/auth/repeats/), and is not told that there is nothing to
 * remove. Steps that begin or end a session, and links, need not say it.
 */
export function redirectDone(res: Response, address: string): void {
  res.locals[NAME] = true
  res.redirect(303, address)
}

/** Whether an answer says so of its step. */
export function isStepDone(res: Response): boolean {
  return res.locals[NAME] === true
}
