import type { Request, Response } from 'express'
import { formAlert, type FormAlert } from './form-alert.js'

/** Why a submitted form is shown again. */
export interface FormRejection {
  /** The error code, a key of `errors:`. */
  code: string
  status: 422 | 429
  /** Seconds to wait, if waiting helps. */
  retryAfter?: number
  /** Key of a more specific text than the code's own. */
  text?: string
}

/**
 * Rejects a form.
 *
 * @param retryAfter seconds to wait, if waiting helps
 */
export function rejectForm(code: string, retryAfter?: number): FormRejection {
  return retryAfter === undefined ? { code, status: 422 } : { code, status: 429, retryAfter }
}

/** Rejects a form until a time. The seconds are rounded up, so that they are never too short. */
export function rejectFormUntil(code: string, until: Date, now: Date): FormRejection {
  return rejectForm(code, Math.max(1, Math.ceil((until.getTime() - now.getTime()) / 1000)))
}

/**
 * Sets the status and `Retry-After` of a rejected form.
 *
 * @returns the alert to show over the form; null if it was not rejected
 */
export function applyRejection(req: Request, res: Response, rejection: FormRejection | null): FormAlert | null {
  if (!rejection) return null
  const { code, status, retryAfter, text } = rejection
  res.status(status)
  if (retryAfter !== undefined) res.set('Retry-After', String(retryAfter))
  return formAlert(req, code, retryAfter, text)
}
