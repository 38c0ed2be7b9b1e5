import type { RequestHandler } from 'express'
import { z } from 'zod'
import { PanelRefusal, type RefusalCode } from '../refusal.js'

const refused = z.object({
  notice: z.object({ type: z.literal('error') }),
  record: z.object({ baseError: z.object({ type: z.enum(['ForbiddenError', 'NotFoundError']) }) }),
})

const codes: Readonly<Record<'ForbiddenError' | 'NotFoundError', RefusalCode>> = {
  ForbiddenError: 'not_allowed',
  NotFoundError: 'not_found',
}

/**
 * Gives AdminJS's two refusals that say nothing but no their status. All else of the host
 * goes out as it is: its messages, and which fields of a form are wrong.
 */
export const unmaskHostRefusals: RequestHandler = (_req, res, next) => {
  const send = res.send.bind(res)
  res.send = (body: unknown) => {
    res.send = send
    const refusal = refused.safeParse(body)
    if (!refusal.success) return send(body)
    next(new PanelRefusal(codes[refusal.data.record.baseError.type]))
    return res
  }
  next()
}
