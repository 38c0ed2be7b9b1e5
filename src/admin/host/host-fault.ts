import type { RequestHandler, Response } from 'express'
import { z } from 'zod'
import { PanelRefusal, type RefusalCode } from '../refusal.js'

const REACHED = 'reachedHost'

/** Marks that code of the application runs from here on: what it throws says nothing of what it has done. */
export const enterHost: RequestHandler = (_req, res, next) => {
  res.locals[REACHED] = true
  next()
}

/** AdminJS hands on nothing where the application's code has thrown `undefined` or `null`. */
export const refuseNothing: RequestHandler = (_req, res, next) => {
  if (reachedHost(res)) throw new PanelRefusal('internal')
  next()
}

export const reachedHost = ({ locals }: Pick<Response, 'locals'>): boolean => locals[REACHED] === true

const codes: Readonly<Record<string, RefusalCode>> = {
  ForbiddenError: 'not_allowed',
  NotFoundError: 'not_found',
  ValidationError: 'bad_request',
  AppError: 'bad_request',
}

/** AdminJS's own errors, of whatever copy of it. */
const adminError = z.object({
  name: z.enum(['ForbiddenError', 'NotFoundError', 'ValidationError', 'AppError']),
  baseError: z.object({ message: z.unknown() }).nullish(),
  propertyErrors: z
    .record(z.string(), z.object({ message: z.string() }))
    .optional()
    .catch(undefined),
})

/**
 * What the application's code has thrown where AdminJS catches nothing: in the handlers of
 * pages and dashboards. Its refusals are said in its own words; all else is a fault, also
 * one that carries a status, which may be that of a server that it asked.
 */
export function refusalOfHost(error: unknown): PanelRefusal {
  if (error instanceof PanelRefusal) return withoutPromise(error)
  const { data } = adminError.safeParse(error)
  if (!data) return new PanelRefusal('internal')
  const fields = Object.entries(data.propertyErrors ?? {}).map(([name, { message }]) => [name, message])
  const refusal = new PanelRefusal(codes[data.name] ?? 'internal', {
    ...wordsOf(data.baseError?.message),
    ...(fields.length > 0 && { fieldWords: Object.fromEntries(fields) }),
  })
  return withoutPromise(refusal)
}

/** Reasons that promise nothing either. */
const OPEN: ReadonlySet<string> = new Set(['filter', 'data_rejected'])

/** Our words for most codes say that nothing was changed, which is not known once the application's code has run. */
function withoutPromise(refusal: PanelRefusal): PanelRefusal {
  const { code, details } = refusal
  const saysNothing =
    code === 'not_allowed' || code === 'not_found' || code === 'internal' || OPEN.has(details.reason ?? '')
  if (details.words || saysNothing) return refusal
  return new PanelRefusal(code, { ...details, reason: 'stopped_midway' })
}

/** AdminJS's own, which say no more than the code does. */
const EMPTY =
  /^(forbiddenError|anyForbiddenError|You cannot perform this action|thereWereValidationErrors)$|with given id/i

/** The application's words, where it has any. */
export function wordsOf(message: unknown): { words?: string } {
  return typeof message === 'string' && message !== '' && !EMPTY.test(message) ? { words: message.slice(0, 2_000) } : {}
}
