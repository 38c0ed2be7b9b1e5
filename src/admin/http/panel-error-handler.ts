import type { ErrorRequestHandler, Request, Response } from 'express'
import { z } from 'zod'
import { recordAuditEvent } from '../../audit/record-event.js'
import { isOutage } from '../../db/is-outage.js'
import { errorForLog } from '../../error-for-log.js'
import { isFromHost } from '../../host-code.js'
import { formatDuration } from '../../http/pages/format-duration.js'
import { loggablePath } from '../../http/paths/loggable-path.js'
import { readClientInfo } from '../../http/client/read-client-info.js'
import { HOST_UNAVAILABLE, UNAVAILABLE } from '../../http/pages/reject-request.js'
import { sendPage } from '../../http/pages/send-page.js'
import type { Translate } from '../../i18n/translator.js'
import { reachedHost, refusalOfHost } from '../host-error.js'
import { PanelError } from '../panel-error.js'
import type { PanelServices } from '../panel-services.js'
import { isApi } from './is-api.js'

/** Responds to every error of the panel: to a rejection with its code, to any other error without details. */
export function panelErrorHandler(services: PanelServices): ErrorRequestHandler {
  return async (error: unknown, req, res, next) => {
    if (res.headersSent) return next(error)
    const rejection = refusalOf(error, res)
    const { code, status, details } = rejection
    if (code === 'internal' || code === 'unavailable') logPanelError(error, req)
    if (req.user && DENIALS.has(code)) await recordDenial(services, req, req.user.id, rejection)
    if (details.allow) res.set('Allow', details.allow)
    const retryAfter = code === 'unavailable' ? UNAVAILABLE.retryAfter : details.retryAfter
    if (retryAfter !== undefined) res.set('Retry-After', String(retryAfter))
    const message = details.words ?? wordsOf(req, rejection)
    const fields = details.fieldWords ?? (details.fields && inWords(req.t, details.fields))
    res.status(status)
    if (isApi(req.path))
      res.set('Content-Language', req.language).json({ error: { code, message, ...(fields && { fields }) } })
    else sendPage(res, 'error', { code, message })
  }
}

/** Logs an unexpected error, whose details are not sent to the client. */
export function logPanelError(error: unknown, req: Request): void {
  req.log.error({ err: errorForLog(error) }, 'unhandled error in the panel')
}

function wordsOf({ t, language }: Request, { code, details }: PanelError): string {
  if (details.reason) return t(`panel:refusals.${details.reason}`, details.values)
  const wait = formatDuration(details.retryAfter ?? 0, language)
  return t(`errors:${details.text ?? code}`, { wait, ...details.values })
}

function inWords(t: Translate, fields: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).map(([name, reason]) => [name, t(`panel:refusals.${reason}`)]))
}

/** Codes of a signed-in user's denied attempts, which are recorded (ASVS 16.3.2). */
const DENIALS: ReadonlySet<string> = new Set(['not_staff', 'not_allowed'])

async function recordDenial(services: PanelServices, req: Request, userId: number, rejection: PanelError) {
  const { code, details } = rejection
  await recordAuditEvent(services.database, undefined, {
    event: 'panel_refused',
    at: services.clock.now(),
    userId,
    client: readClientInfo(req),
    details: { code, reason: details.reason ?? null, method: req.method, path: loggablePath(req.path).slice(0, 200) },
  }).catch((error: unknown) => logPanelError(error, req))
}

/** Reads the HTTP status that errors of Express, the body parser and AdminJS carry. */
const foreign = z.union([
  z.object({ status: z.number() }).transform(({ status }) => status),
  z.object({ statusCode: z.number() }).transform(({ statusCode }) => statusCode),
])

function refusalOf(error: unknown, res: Response): PanelError {
  // Also in an outage: the host's code may already have changed something.
  if (reachedHost(res)) return refusalOfHost(error)
  if (error instanceof PanelError) return error
  const isHosts = isFromHost(error)
  if (isOutage(error)) return new PanelError('unavailable', isHosts ? { text: HOST_UNAVAILABLE.text } : {})
  if (isHosts) return new PanelError('internal')
  const status = foreign.safeParse(error).data ?? 500
  if (status === 413) return new PanelError('too_large')
  if (status === 404) return new PanelError('not_found')
  if (status === 403) return new PanelError('not_allowed')
  return new PanelError(status >= 400 && status < 500 ? 'bad_request' : 'internal')
}
