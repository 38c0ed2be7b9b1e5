import type { Request, Response } from 'express'
import type { FormAlert } from '../../http/forms/form-alert.js'
import { applyRejection } from '../../http/forms/reject-form.js'
import { sendScriptPage, sendWebauthnPage, sendPage } from '../../http/pages/send-page.js'
import { safeNext } from '../../http/paths/safe-next.js'
import type { ListedDevice } from '../../otp/devices/devices-for-user.js'
import { parsePersistentId } from '../../otp/devices/persistent-id.js'
import type { Auth } from '../auth.js'
import { readSentCode } from '../read-sent-code.js'
import { challengeFormId, newFormId } from '../repeats/form-id.js'
import type { LoginStep, TokenStep } from './read-login-step.js'
import type { RejectedStep } from './step-result.js'

/** Renders the form of the current step, with the reason if the last one was rejected. */
export async function showLoginStep(
  auth: Auth,
  req: Request,
  res: Response,
  stage: LoginStep,
  rejection: RejectedStep | null,
): Promise<void> {
  const typed: Record<string, unknown> = req.body ?? {}
  const shared = {
    next: safeNext(req.method === 'GET' ? req.query['next'] : typed['next']) ?? '',
    alert: applyRejection(req, res, rejection),
  }
  if (stage.step === 'password') {
    const notice = req.query['notice'] === 'password_changed' ? 'password_changed' : null
    const passkeyFor = auth.config.otpPasskeyLogin ? auth.otp.settings.relyingParty : null
    const send = passkeyFor ? sendWebauthnPage : sendPage
    const form = { formId: newFormId(req), username: text(typed['username']) }
    return send(res, 'auth/password', { ...shared, ...form, notice, passkeyFor })
  }
  const view = viewOf(stage)
  const why = view === 'auth/no-usable-device' ? { alert: noneUsable(req) } : {}
  const { otpEnrolment: enrolment } = auth.config
  await sendTokenPage(auth, req, res, view, stage.devices, {
    ...shared,
    ...why,
    email: stage.user.email,
    enrolment,
    trust: trustBox(stage.trustDays, typed['trust_browser']),
  })
}

/** Explains why no device can be used. This matters more than the reason of a rejected form. */
const noneUsable = (req: Request): FormAlert => ({
  code: 'verification_not_allowed',
  text: req.t('pages:no_usable_device.why'),
})

function viewOf({ devices, hasFactor }: TokenStep): string {
  if (devices.length > 0) return 'auth/token'
  return hasFactor ? 'auth/no-usable-device' : 'auth/no-device'
}

/** Responds with a page that contains the forms of a token step, and the scripts that its forms need. */
export async function sendTokenPage(
  auth: Auth,
  req: Request,
  res: Response,
  view: string,
  devices: readonly ListedDevice[],
  values: object,
): Promise<void> {
  const forms = await tokenForms(auth, req, devices)
  const scripts = { keys: forms.keys !== null, kinds: forms.others.some(({ browser }) => browser) }
  sendScriptPage(res, view, { ...forms, ...values }, scripts)
}

/**
 * Builds the values of `views/auth/token-forms.ejs`, for the sign-in and for a step-up. Codes and
 * backup tokens have separate fields, so that a phone shows the right keyboard.
 */
async function tokenForms(auth: Auth, req: Request, devices: readonly ListedDevice[]) {
  const typed: Record<string, unknown> = req.body ?? {}
  const sender = challenged(req, devices)
  const apps = devices.filter(({ kind, isBackup }) => !isBackup && !hasOwnForm(auth, kind))
  const chosen = text(typed['otp_device']) || (sender?.persistentId ?? devices[0]?.persistentId ?? '')
  return {
    apps,
    /** Kinds with their own explanation of wrong tokens are not authenticator apps. */
    areApps: apps.every(({ kind }) => kindNamed(auth, kind)?.rejection === undefined),
    others: otherForms(auth, req, devices),
    keys: keyForm(auth, typed['otp_token'], devices),
    backups: devices.filter(({ isBackup }) => isBackup),
    chosen,
    isKeyChosen: kindNamed(auth, parsePersistentId(chosen)?.kind)?.input === 'browser_key',
    challenged: sender?.persistentId ?? null,
    challengeFormId: challengeFormId(),
    // Queried only if this session requested a code.
    sentCode: sender && (await readSentCode(auth, sender)),
  }
}

const kindNamed = ({ otp }: Auth, kind: string | undefined) => otp.kinds.find(({ name }) => name === kind)

/** Whether a kind's tokens are not digits, so that they need a separate form. */
function hasOwnForm(auth: Auth, name: string): boolean {
  const kind = kindNamed(auth, name)
  return kind?.field !== undefined || kind?.browserToken !== undefined
}

/** Builds a form for each kind whose tokens have another format. */
function otherForms({ otp }: Auth, { app }: Request, devices: readonly ListedDevice[]) {
  return otp.kinds.flatMap(({ name, field = null, browserToken }) => {
    const own = devices.filter(({ kind }) => kind === name)
    const script = app.locals.page.kindScripts[name]
    const browser = browserToken && script ? { script, challenge: browserToken.optionsPath } : null
    return (field || browser) && own.length > 0 ? [{ kind: name, field, browser, devices: own }] : []
  })
}

/** Finds the device from which this session last requested a code. */
function challenged({ session }: Request, devices: readonly ListedDevice[]): ListedDevice | null {
  return devices.find(({ persistentId }) => persistentId === session.challenge?.device) ?? null
}

/** Builds the form for security keys. Null if the user has none. */
function keyForm({ otp }: Auth, token: unknown, devices: readonly ListedDevice[]) {
  const kind = otp.kinds.find(({ name, input }) => input === 'browser_key' && devices.some((own) => own.kind === name))
  if (!kind?.browserToken) return null
  return {
    options: kind.browserToken.optionsPath,
    /** Null if browsers do not support security keys on this site's domain. */
    relyingParty: otp.settings.relyingParty,
    /** Whether this form was rejected. */
    tried: kind.browserToken.isMeant(text(token)),
  }
}

/** Builds the checkbox that trusts this browser, checked as submitted. Null if browsers cannot be trusted. */
function trustBox(days: number, typed: unknown): { days: number; checked: boolean } | null {
  return days > 0 ? { days, checked: text(typed) !== '' } : null
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
