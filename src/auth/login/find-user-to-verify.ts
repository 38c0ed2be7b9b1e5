import type { Request } from 'express'
import type { Auth } from '../auth.js'
import { readLoginStep } from './read-login-step.js'

/** Returns the ID of the user who is between password and token, or signed in. Null if there is none. */
export async function findUserToVerify(auth: Auth, req: Request): Promise<number | null> {
  const loginStep = await readLoginStep(auth, req)
  return loginStep.step === 'token' ? loginStep.user.id : (req.user?.id ?? null)
}
