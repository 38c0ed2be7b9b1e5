import type { RequestHandler } from 'express'
import { z } from 'zod'
import { wordsOf } from '../host-error.js'
import { PanelError, type PanelErrorCode } from '../panel-error.js'

const adminRejection = z.object({
  notice: z.object({ type: z.literal('error'), message: z.unknown() }),
  record: z.object({ baseError: z.object({ type: z.enum(['ForbiddenError', 'NotFoundError']) }) }),
})

const codes: Readonly<Record<'ForbiddenError' | 'NotFoundError', PanelErrorCode>> = {
  ForbiddenError: 'not_allowed',
  NotFoundError: 'not_found',
}

/** AdminJS's response to an impossible key. It is not about permissions. */
const NO_KEY = 'You have to pass a valid recordId to the recordAction'

/**
 * Gives AdminJS's rejections for a missing permission or record their status, and keeps the
 * host's own text if there is one. The host's other responses are unchanged.
 */
export const restoreHostErrorStatus: RequestHandler = (_req, res, next) => {
  const send = res.send.bind(res)
  res.send = (body: unknown) => {
    res.send = send
    const rejection = adminRejection.safeParse(body)
    if (!rejection.success) return send(body)
    const { notice, record } = rejection.data
    if (notice.message === NO_KEY) next(new PanelError('not_found'))
    else next(new PanelError(codes[record.baseError.type], wordsOf(notice.message)))
    return res
  }
  next()
}
