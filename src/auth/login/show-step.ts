import type { Request, Response } from 'express'
import { safeNext } from '../../http/safe-next.js'
import { describeWait } from '../../http/describe-wait.js'
import { sendPage } from '../../http/send-page.js'
import type { ListedDevice } from '../../otp/devices-for-user.js'
import type { Auth } from '../auth.js'
import type { Refused } from './answer.js'
import type { Stage } from './read-stage.js'

/** Renders the form of the step that this browser stands at, with the reason where one was refused. */
export function showStep(auth: Auth, req: Request, res: Response, stage: Stage, refusal: Refused | null): void {
  const typed: Record<string, unknown> = req.body ?? {}
  const shared = {
    next: safeNext(req.method === 'GET' ? req.query['next'] : typed['next']) ?? '',
    alert: alert(req, refusal),
  }
  if (stage.step === 'password') {
    const notice = req.query['notice'] === 'password_changed' ? 'password_changed' : null
    return sendPage(res, 'auth/password', { ...shared, notice, username: text(typed['username']) })
  }
  const view = stage.devices.length > 0 ? 'auth/token' : 'auth/no-device'
  const { otpEnrolment: enrolment } = auth.config
  sendPage(res, view, { ...shared, ...tokenForms(req, stage.devices), email: stage.user.email, enrolment })
}

/**
 * What the forms of a token step show (`views/auth/token-forms.ejs`), at sign-in and at
 * step-up. Codes and backup tokens are typed into fields of their own, so that a phone
 * shows the right keyboard.
 */
export function tokenForms(req: Request, devices: readonly ListedDevice[]) {
  const typed: Record<string, unknown> = req.body ?? {}
  return {
    apps: devices.filter((device) => device.kind !== 'static'),
    backups: devices.filter((device) => device.kind === 'static'),
    chosen: text(typed['otp_device']) || (devices[0]?.persistentId ?? ''),
  }
}

interface Alert {
  code: string
  text: string
}

/** The reason of a refused form, for `views/auth/alert.ejs`. */
export function alert(req: Request, refusal: Refused | null): Alert | null {
  if (!refusal) return null
  const wait = refusal.retryAfter === undefined ? '' : describeWait(refusal.retryAfter, req.language)
  return { code: refusal.code, text: req.t(`errors:${refusal.code}`, { wait }) }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
