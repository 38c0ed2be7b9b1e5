import { type Request, type RequestHandler, type Response, Router } from 'express'
import type { RequestUser } from '../../auth/request-user.js'
import { requireFreshToken } from '../../auth/step-up/require-fresh-token.js'
import { formAlert, type FormAlert } from '../../http/forms/form-alert.js'
import { parseForms } from '../../http/forms/read-form.js'
import { rejectRequest } from '../../http/pages/reject-request.js'
import { sendScriptPage } from '../../http/pages/send-page.js'
import { redirectDone } from '../../http/step-done.js'
import type { Device } from '../../otp/device.js'
import { type CustomKind, filterCustomKinds } from '../../otp/kind-registry/custom-kind.js'
import type { AccountServices } from '../account-services.js'
import { sendSetupCode } from './send-setup-code.js'
import { applyRejection } from '../../http/forms/reject-form.js'
import { addDevicePath, confirmDevicePath, kindScript } from './kind-paths.js'
import { startKindSetup } from './start-kind-setup.js'
import { showConfirm, showConfirmForm, submitConfirm } from './confirm-kind-device.js'

/** The pages that set up devices of custom kinds: the kind's form, then the first token. */
export function kindSetupRoutes(account: AccountServices): Router {
  const router = Router({ caseSensitive: true, strict: true })
  const fresh = requireFreshToken(account)
  for (const kind of filterCustomKinds(account.otp.kinds)) {
    router.get(addDevicePath(kind.name), fresh, (req, res) => show(req, res, kind, {}, null))
    router.post(addDevicePath(kind.name), fresh, ...parseForms(), postForm(account, kind))
    router.get(confirmDevicePath(kind.name, ':id'), fresh, showConfirm(account, kind))
    router.post(confirmDevicePath(kind.name, ':id'), fresh, ...parseForms(), submitConfirm(account, kind))
  }
  return router
}

function postForm(account: AccountServices, kind: CustomKind): RequestHandler {
  return async (req, res) => {
    const started = req.user && (await startKindSetup(account, kind, req.user.id, req.body))
    if (started?.ok && req.user) return afterStart(account, kind, req, res, req.user, started.device)
    if (!started || started.ok || started.code === null)
      return rejectRequest(req, res, { status: 400, code: 'bad_request' })
    res.status(422)
    show(req, res, kind, req.body, createAlert(req, kind, started.code))
  }
}

/** Sends the first code immediately if the kind sends codes. */
async function afterStart(
  account: AccountServices,
  kind: CustomKind,
  req: Request,
  res: Response,
  user: RequestUser,
  device: Device,
): Promise<void> {
  const rejection = device.interactive ? await sendSetupCode(account, req, user, device.persistentId) : null
  if (rejection) showConfirmForm(res, kind, device, applyRejection(req, res, rejection))
  else redirectDone(res, confirmDevicePath(kind.name, device.id))
}

/** Uses the kind's text if the kind defines the error code. */
function createAlert(req: Request, { name, texts }: CustomKind, code: string): FormAlert {
  const isOwn = Object.hasOwn(texts.en.errors ?? {}, code)
  return isOwn ? { code, text: req.t(`pages:added_kinds.${name}.errors.${code}`) } : formAlert(req, code)
}

function show(
  req: Request,
  res: Response,
  kind: CustomKind,
  fields: Readonly<Record<string, unknown>>,
  alert: FormAlert | null,
): void {
  const echoedFields = ['name', ...kind.setup.echoedFields]
  const typed = (name: string) => (echoedFields.includes(name) && typeof fields[name] === 'string' ? fields[name] : '')
  const text = (name: string) => req.t(`pages:added_kinds.${kind.name}.view.${name}`)
  const script = kindScript(res, kind)
  const values = { kind: kind.name, fields: kind.setup.view, script, typed, text, alert }
  sendScriptPage(res, 'account/added-kinds/add', values, { keys: false, kinds: script !== null })
}
