import type { Request, Response } from 'express'
import { safeNext } from '../../http/safe-next.js'
import { describeWait } from '../../http/describe-wait.js'
import { sendPage } from '../../http/send-page.js'
import type { ListedDevice } from '../../otp/devices-for-user.js'
import type { Auth } from '../auth.js'
import type { Answer } from './answer.js'
import type { Stage } from './read-stage.js'

/** Renders the form of the step that this browser stands at, with the reason where one was refused. */
export function showStep(
  auth: Auth,
  req: Request,
  res: Response,
  stage: Stage,
  refusal: Extract<Answer, { ok: false }> | null,
): void {
  const typed: Record<string, unknown> = req.body ?? {}
  const shared = {
    next: safeNext(req.method === 'GET' ? req.query['next'] : typed['next']) ?? '',
    alert: alert(req, refusal),
  }
  if (stage.step === 'password') return sendPage(res, 'auth/password', { ...shared, username: text(typed['username']) })
  const { apps, backups } = byForm(stage.devices)
  const chosen = text(typed['otp_device']) || (stage.devices[0]?.persistentId ?? '')
  const view = stage.devices.length > 0 ? 'auth/token' : 'auth/no-device'
  sendPage(res, view, {
    ...shared,
    email: stage.user.email,
    apps,
    backups,
    chosen,
    enrolment: auth.config.otpEnrolment,
  })
}

interface Alert {
  code: string
  text: string
}

function alert(req: Request, refusal: Extract<Answer, { ok: false }> | null): Alert | null {
  if (!refusal) return null
  const { t } = req.app.locals.page
  const wait = refusal.retryAfter === undefined ? '' : describeWait(refusal.retryAfter)
  return { code: refusal.code, text: t(`errors:${refusal.code}`, { wait }) }
}

/** Codes and backup tokens are typed into fields of their own, so that a phone shows the right keyboard. */
function byForm(devices: readonly ListedDevice[]) {
  const backups = devices.filter((device) => device.kind === 'static')
  return { apps: devices.filter((device) => device.kind !== 'static'), backups }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
