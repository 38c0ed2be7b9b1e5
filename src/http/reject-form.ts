import type { Request, Response } from 'express'
import { formatDuration } from './format-duration.js'
import { formAlert, type FormAlert } from './form-alert.js'

/** Why a step was refused. */
export interface FormRejection {
  /** An error code of docs/errors.md. */
  code: string
  status: 422 | 429
  /** Seconds, where waiting helps. */
  retryAfter?: number
  /** Key of a text that says more than the code's own. */
  text?: string
}

/** A refusal that ends by itself at that time. */
export function rejectFormUntil(code: string, until: Date, now: Date): FormRejection {
  return { code, status: 429, retryAfter: Math.max(1, Math.ceil((until.getTime() - now.getTime()) / 1000)) }
}

/** Sets status and `Retry-After` of a refused step. @returns the reason, for the form */
export function applyRejection(req: Request, res: Response, refusal: FormRejection | null): FormAlert | null {
  if (!refusal) return null
  res.status(refusal.status)
  if (refusal.retryAfter !== undefined) res.set('Retry-After', String(refusal.retryAfter))
  const alert = formAlert(req, refusal.code, refusal.retryAfter)
  return refusal.text === undefined
    ? alert
    : { ...alert, text: req.t(refusal.text, { wait: formatDuration(refusal.retryAfter ?? 0, req.language) }) }
}
