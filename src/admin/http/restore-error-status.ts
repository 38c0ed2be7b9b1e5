import type { RequestHandler } from 'express'
import { z } from 'zod'
import { PanelError, type PanelErrorCode } from '../panel-error.js'

const adminRejection = z.object({
  notice: z.object({ type: z.literal('error') }),
  record: z.object({ baseError: z.object({ type: z.string() }).nullish() }).nullish(),
})

const codes: Readonly<Partial<Record<string, PanelErrorCode>>> = {
  ForbiddenError: 'not_allowed',
  NotFoundError: 'not_found',
}

/** Gives AdminJS's own rejections, which it sends with status 200, their status and the API's error format. */
export const restoreErrorStatus: RequestHandler = (_req, res, next) => {
  const send = res.send.bind(res)
  res.send = (body: unknown) => {
    res.send = send
    const rejection = adminRejection.safeParse(body)
    if (!rejection.success) return send(body)
    next(new PanelError(codes[rejection.data.record?.baseError?.type ?? ''] ?? 'bad_request'))
    return res
  }
  next()
}
