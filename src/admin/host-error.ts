import type { RequestHandler, Response } from 'express'
import { z } from 'zod'
import { PanelError, type PanelErrorCode } from './panel-error.js'

const REACHED = 'reachedHost'

/** Marks that the host's code runs from here. After an error in it, it is not known what it has changed. */
export const enterHost: RequestHandler = (_req, res, next) => {
  res.locals[REACHED] = true
  next()
}

/** Rejects a request after the host's code threw `undefined` or `null`, which AdminJS passes on like no error. */
export const rejectNothing: RequestHandler = (_req, res, next) => {
  if (reachedHost(res)) throw new PanelError('internal')
  next()
}

/** Checks whether the host's code has run for a request. */
export const reachedHost = ({ locals }: Pick<Response, 'locals'>): boolean => locals[REACHED] === true

const codes: Readonly<Record<string, PanelErrorCode>> = {
  ForbiddenError: 'not_allowed',
  NotFoundError: 'not_found',
  ValidationError: 'bad_request',
  AppError: 'bad_request',
}

/** AdminJS's own errors, of any copy of it. */
const adminError = z.object({
  name: z.enum(['ForbiddenError', 'NotFoundError', 'ValidationError', 'AppError']),
  baseError: z.object({ message: z.unknown() }).nullish(),
  propertyErrors: z
    .record(z.string(), z.object({ message: z.string() }))
    .optional()
    .catch(undefined),
})

/**
 * Converts an error of the host's code that AdminJS did not catch, in handlers of pages and
 * dashboards. AdminJS's own errors keep their text. Anything else is an internal error, even if
 * it has a status, which might be that of another server's response.
 */
export function refusalOfHost(error: unknown): PanelError {
  if (error instanceof PanelError) return withoutPromise(error)
  const { data } = adminError.safeParse(error)
  if (!data) return new PanelError('internal')
  const fields = Object.entries(data.propertyErrors ?? {}).map(([name, { message }]) => [name, message])
  const rejection = new PanelError(codes[data.name] ?? 'internal', {
    ...textOf(data.baseError?.message),
    ...(fields.length > 0 && { fieldWords: Object.fromEntries(fields) }),
  })
  return withoutPromise(rejection)
}

/** Reasons whose text does not say that nothing was changed. */
const OPEN: ReadonlySet<string> = new Set(['filter', 'data_rejected'])

/** Replaces a text that says that nothing was changed, which is not known after the host's code has run. */
function withoutPromise(rejection: PanelError): PanelError {
  const { code, details } = rejection
  const saysNothing =
    code === 'not_allowed' || code === 'not_found' || code === 'internal' || OPEN.has(details.reason ?? '')
  if (details.words || saysNothing) return rejection
  return new PanelError(code, { ...details, reason: 'stopped_midway' })
}

/** AdminJS's own messages, which add nothing to the code. */
const EMPTY =
  /^(forbiddenError|anyForbiddenError|You cannot perform this action|thereWereValidationErrors)$|with given id/i

/** Returns the host's own error text, if there is one. */
export function textOf(message: unknown): { words?: string } {
  return typeof message === 'string' && message !== '' && !EMPTY.test(message) ? { words: message.slice(0, 2_000) } : {}
}
