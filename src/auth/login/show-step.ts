import type { Request, Response } from 'express'
import { safeNext } from '../../http/safe-next.js'
import { describeWait } from '../../http/describe-wait.js'
import { sendKeyPage, sendPage } from '../../http/send-page.js'
import type { ListedDevice } from '../../otp/devices-for-user.js'
import { parsePersistentId } from '../../otp/persistent-id.js'
import { isFromKey } from '../../otp/webauthn/parse-response.js'
import type { Auth } from '../auth.js'
import { newFormId } from '../repeats/form-id.js'
import { readSentCode } from '../read-sent-code.js'
import type { Refused } from './answer.js'
import type { Stage, TokenStage } from './read-stage.js'

/** Renders the form of the step that this browser stands at, with the reason where one was refused. */
export async function showStep(
  auth: Auth,
  req: Request,
  res: Response,
  stage: Stage,
  refusal: Refused | null,
): Promise<void> {
  const typed: Record<string, unknown> = req.body ?? {}
  const shared = {
    next: safeNext(req.method === 'GET' ? req.query['next'] : typed['next']) ?? '',
    alert: alert(req, refusal),
  }
  if (stage.step === 'password') {
    const notice = req.query['notice'] === 'password_changed' ? 'password_changed' : null
    const passkeyFor = auth.config.otpPasskeyLogin ? auth.otp.settings.relyingParty : null
    const send = passkeyFor ? sendKeyPage : sendPage
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

/** Why no token can be asked for. What was refused before says less. */
const noneUsable = (req: Request): Alert => ({
  code: 'verification_not_allowed',
  text: req.t('pages:no_usable_device.why'),
})

function viewOf({ devices, hasFactor }: TokenStage): string {
  if (devices.length > 0) return 'auth/token'
  return hasFactor ? 'auth/no-usable-device' : 'auth/no-device'
}

/** Answers with a page that has the forms of a token step in it, and the script for keys where one of the devices is a key. */
export async function sendTokenPage(
  auth: Auth,
  req: Request,
  res: Response,
  view: string,
  devices: readonly ListedDevice[],
  values: object,
): Promise<void> {
  const forms = await tokenForms(auth, req, devices)
  const send = forms.keys ? sendKeyPage : sendPage
  send(res, view, { ...forms, ...values })
}

/**
 * What the forms of a token step show (`views/auth/token-forms.ejs`), at sign-in and at
 * step-up. Codes and backup tokens are typed into fields of their own, so that a phone
 * shows the right keyboard.
 */
async function tokenForms(auth: Auth, req: Request, devices: readonly ListedDevice[]) {
  const typed: Record<string, unknown> = req.body ?? {}
  const asked = challenged(req, devices)
  const apps = devices.filter(
    ({ kind, input, isBackup }) => !isBackup && input !== 'browser_key' && !hasOwnForm(auth, kind),
  )
  const chosen = text(typed['otp_device']) || (asked?.persistentId ?? devices[0]?.persistentId ?? '')
  return {
    apps,
    /** Kinds that explain their wrong tokens in another way are not apps. */
    areApps: apps.every(({ kind }) => kindNamed(auth, kind)?.rejection === undefined),
    others: otherForms(auth, devices),
    keys: keyForm(auth, typed['otp_token'], devices),
    backups: devices.filter(({ isBackup }) => isBackup),
    chosen,
    isKeyChosen: kindNamed(auth, parsePersistentId(chosen)?.kind)?.input === 'browser_key',
    challenged: asked?.persistentId ?? null,
    // Only someone who asked for a code costs a query.
    sentCode: asked && (await readSentCode(auth, asked)),
  }
}

const kindNamed = ({ otp }: Auth, kind: string | undefined) => otp.kinds.find(({ name }) => name === kind)

/** Its tokens are not a few digits. */
const hasOwnForm = (auth: Auth, kind: string) => kindNamed(auth, kind)?.field !== undefined

/** A form for each such kind: what is typed there is of another shape. */
function otherForms({ otp }: Auth, devices: readonly ListedDevice[]) {
  return otp.kinds.flatMap(({ name, field }) => {
    const own = devices.filter(({ kind }) => kind === name)
    return field && own.length > 0 ? [{ kind: name, field, devices: own }] : []
  })
}

/** The device that this session has asked for a code, the newest one. */
function challenged({ session }: Request, devices: readonly ListedDevice[]): ListedDevice | null {
  return devices.find(({ persistentId }) => persistentId === session.challenge?.device) ?? null
}

/** The form that ends in a security key, or null for somebody without one. */
function keyForm({ otp }: Auth, token: unknown, devices: readonly ListedDevice[]) {
  if (!devices.some(({ input }) => input === 'browser_key')) return null
  return {
    /** Null: browsers know no keys for the address that this site has. */
    relyingParty: otp.settings.relyingParty,
    /** Whether it was this form that was refused. */
    tried: isFromKey(text(token)),
  }
}

/** The box that trusts this browser, or null where there is none. A form that comes again has it as it was. */
function trustBox(days: number, typed: unknown): { days: number; checked: boolean } | null {
  return days > 0 ? { days, checked: text(typed) !== '' } : null
}

interface Alert {
  code: string
  text: string
}

/** The reason of a refused form, for `views/auth/alert.ejs`. */
export function alert(req: Request, refusal: Refused | null): Alert | null {
  if (!refusal) return null
  const wait = refusal.retryAfter === undefined ? '' : describeWait(refusal.retryAfter, req.language)
  return { code: refusal.code, text: req.t(refusal.reason ?? `errors:${refusal.code}`, { wait }) }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
