import type { Request, Response } from 'express'
import { sendPage } from './send-page.js'

/** A refusal of a whole request, with the code of CONTRACT.md §3. */
export interface RequestRefusal {
  status: number
  code: string
  /** Seconds, for `Retry-After`. */
  retryAfter?: number
  /** For a 405. */
  allow?: string
}

/** Answers a refused request: JSON to the panel's API, a page to a person. Nothing of the fault itself is in it. */
export function refuse(req: Request, res: Response, refusal: RequestRefusal): void {
  res.status(refusal.status).set('Cache-Control', 'no-store')
  if (refusal.allow) res.set('Allow', refusal.allow)
  if (refusal.retryAfter !== undefined) res.set('Retry-After', String(refusal.retryAfter))
  const message = req.t(`errors:${refusal.code}`)
  if (isApi(req.baseUrl + req.path))
    res
      .set('Content-Language', req.language)
      .vary('Accept-Language')
      .json({ error: { code: refusal.code, message } })
  else sendPage(res, 'error', { code: refusal.code, message })
}

/** @param path not the address as it was sent, which may name a host as well (RFC 9112 §3.2.2) */
function isApi(path: string): boolean {
  return /^\/admin\/api(\/|$)/i.test(path)
}
