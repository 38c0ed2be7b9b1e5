import type { Request, Response } from 'express'
import { describeWait } from '../../http/describe-wait.js'
import { alertFor, type FormAlert } from '../../http/alert-for.js'

/** Why a step was refused. */
export interface StepRefusal {
  /** Of CONTRACT.md §3. */
  code: string
  status: 422 | 429
  /** Seconds, where waiting helps. */
  retryAfter?: number
  /** Key of a text that says more than the code's own. */
  text?: string
}

/** A refusal that ends by itself at that time. */
export function waitUntil(code: string, until: Date, now: Date): StepRefusal {
  return { code, status: 429, retryAfter: Math.max(1, Math.ceil((until.getTime() - now.getTime()) / 1000)) }
}

/** Sets status and `Retry-After` of a refused step. @returns the reason, for the form */
export function tellRefusal(req: Request, res: Response, refusal: StepRefusal | null): FormAlert | null {
  if (!refusal) return null
  res.status(refusal.status)
  if (refusal.retryAfter !== undefined) res.set('Retry-After', String(refusal.retryAfter))
  const alert = alertFor(req, refusal.code, refusal.retryAfter)
  return refusal.text === undefined
    ? alert
    : { ...alert, text: req.t(refusal.text, { wait: describeWait(refusal.retryAfter ?? 0, req.language) }) }
}
