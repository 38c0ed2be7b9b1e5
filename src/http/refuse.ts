import type { Request, Response } from 'express'
import { sendPage } from './send-page.js'
import { wantsJson } from './wants-json.js'

/** A refusal of a whole request, with the code of CONTRACT.md §3. */
export interface RequestRefusal {
  status: number
  code: string
  /** The key of `errors:` that says it, if it is another than the code. */
  text?: string
  /** What stands in that text. */
  values?: Readonly<Record<string, string>>
  /** Seconds, for `Retry-After`. */
  retryAfter?: number
  /** For a 405. */
  allow?: string
}

/** The database cannot be reached. The number of seconds is about what a restart of it takes. */
export const UNAVAILABLE = { status: 503, code: 'unavailable', retryAfter: 5 } as const

/** The application's code could not reach what it needs. What it had done by then is not known. */
export const HOST_UNAVAILABLE = { ...UNAVAILABLE, text: 'unavailable_host' } as const

/** Answers a refused request: JSON to a program, a page to a person. Nothing of the fault itself is in it. */
export function refuse(req: Request, res: Response, refusal: RequestRefusal): void {
  res.status(refusal.status).set('Cache-Control', 'no-store')
  if (refusal.allow) res.set('Allow', refusal.allow)
  if (refusal.retryAfter !== undefined) res.set('Retry-After', String(refusal.retryAfter))
  const message = req.t(`errors:${refusal.text ?? refusal.code}`, refusal.values)
  if (wantsJson(req)) sendRefusal(req, res, { code: refusal.code, message })
  else sendPage(res, 'error', { code: refusal.code, message })
}

/** Answers in the shape that programs get every refusal in, in the request's language. */
export function sendRefusal(req: Request, res: Response, error: Readonly<Record<string, unknown>>): void {
  res
    .set({ 'Cache-Control': 'no-store', 'Content-Language': req.language })
    .vary('Accept, Accept-Language')
    .json({ error })
}
