import type { RequestHandler } from 'express'
import { z } from 'zod'
import { PanelError, type PanelErrorCode } from '../panel-error.js'

const adminRejection = z.object({
  notice: z.object({ type: z.literal('error'), message: z.unknown().optional() }),
  record: z.object({ baseError: z.object({ type: z.string() }).nullish() }).nullish(),
})

const codes: Readonly<Partial<Record<string, PanelErrorCode>>> = {
  ForbiddenError: 'not_allowed',
  NotFoundError: 'not_found',
}

/** AdminJS's rejection of a call, which it sends with status 200. */
export interface AdminRejection {
  /** Null if it is about the submitted data, not about a missing permission or record. */
  code: PanelErrorCode | null
  /** AdminJS's text, or that of a host's code. */
  message: unknown
}

/**
 * Creates middleware that continues with an error if AdminJS rejected the call.
 *
 * @param errorOf returns null for a response that is sent unchanged
 */
export function restoreStatus(errorOf: (rejection: AdminRejection) => PanelError | null): RequestHandler {
  return (_req, res, next) => {
    const send = res.send.bind(res)
    res.send = (body: unknown) => {
      res.send = send
      const parsed = adminRejection.safeParse(body)
      const error = parsed.success && errorOf(readRejection(parsed.data))
      if (!error) return send(body)
      next(error)
      return res
    }
    next()
  }
}

function readRejection({ notice, record }: z.output<typeof adminRejection>): AdminRejection {
  return { code: codes[record?.baseError?.type ?? ''] ?? null, message: notice.message }
}

/** Gives AdminJS's own rejections their status and the API's error format. */
export const restoreErrorStatus = restoreStatus(({ code }) => new PanelError(code ?? 'bad_request'))
