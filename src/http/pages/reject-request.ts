import type { Request, Response } from 'express'
import { sendPage } from './send-page.js'
import { wantsJson } from './wants-json.js'

/** Why a whole request is rejected. */
export interface RequestRejection {
  status: number
  /** The error code, a key of `errors:`. */
  code: string
  /** The key of another text in `errors:`. */
  text?: string
  /** The values for the text's placeholders. */
  values?: Readonly<Record<string, string>>
  /** Seconds, for `Retry-After`. */
  retryAfter?: number
  /** For a 405. */
  allow?: string
}

/** The database cannot be reached. `retryAfter` is about the time that its restart takes. */
export const UNAVAILABLE = { status: 503, code: 'unavailable', retryAfter: 5 } as const

/** The host application's code could not reach something it needs. It may have changed something before. */
export const HOST_UNAVAILABLE = { ...UNAVAILABLE, text: 'unavailable_host' } as const

/** Responds to a rejected request: JSON for a program, a page for a person. Details of an error are never included. */
export function rejectRequest(req: Request, res: Response, rejection: RequestRejection): void {
  res.status(rejection.status).set('Cache-Control', 'no-store')
  if (rejection.allow) res.set('Allow', rejection.allow)
  if (rejection.retryAfter !== undefined) res.set('Retry-After', String(rejection.retryAfter))
  const message = req.t(`errors:${rejection.text ?? rejection.code}`, rejection.values)
  if (wantsJson(req)) sendJsonError(req, res, { code: rejection.code, message })
  else sendPage(res, 'error', { code: rejection.code, message })
}

/** Responds with an error in the JSON shape of all errors, in the request's language. */
export function sendJsonError(req: Request, res: Response, error: Readonly<Record<string, unknown>>): void {
  res
    .set({ 'Cache-Control': 'no-store', 'Content-Language': req.language })
    .vary('Accept, Accept-Language')
    .json({ error })
}
