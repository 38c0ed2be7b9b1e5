import type { RequestHandler } from 'express'
import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import { loggablePath } from './paths/loggable-path.js'
import { isReturnedToHost } from './host-isolation.js'

declare global {
  // oxlint-disable-next-line typescript/no-namespace -- how Express's Request is extended
  namespace Express {
    interface Request {
      /** Also in the response's `X-Request-Id` and in every log line of this request. */
      id: string
      log: Logger
    }
  }
}

/**
 * Gives each request an ID and logs one line when its response ends. The line contains the path
 * without its query, which may contain what a person typed, and without the token of a one-time
 * link. It never contains a header or a body.
 */
export function logRequests(log: Logger): RequestHandler {
  return (req, res, next) => {
    const started = performance.now()
    req.id = randomUUID()
    const own = log.child({ requestId: req.id })
    req.log = own
    res.set('X-Request-Id', req.id)
    res.once('close', () => {
      if (isReturnedToHost(req)) return
      const ms = Math.round(performance.now() - started)
      const line = {
        method: req.method,
        path: loggablePath(req.originalUrl),
        status: res.statusCode,
        ms,
      }
      own[res.statusCode >= 500 ? 'error' : 'info'](
        { ...line, ...(res.writableFinished ? {} : { aborted: true }) },
        'request',
      )
    })
    next()
  }
}
