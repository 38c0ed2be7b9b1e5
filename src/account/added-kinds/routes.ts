import { type Request, type RequestHandler, type Response, Router } from 'express'
import type { RequestUser } from '../../auth/request-user.js'
import { requireFresh } from '../../auth/step-up/require-fresh.js'
import { alertFor, type FormAlert } from '../../http/alert-for.js'
import { parseForms } from '../../http/read-form.js'
import { refuse } from '../../http/refuse.js'
import { sendPage } from '../../http/send-page.js'
import { redirectDone } from '../../http/step-done.js'
import type { Device } from '../../otp/device.js'
import { type AddedKind, addedKinds } from '../../otp/kinds/added-kind.js'
import type { Account } from '../account.js'
import { sendSetupCode } from '../setup/send-setup-code.js'
import { tellRefusal } from '../code-set-up/step-refusal.js'
import { addAddress, confirmAddress } from './addresses.js'
import { beginSetUp } from './begin-set-up.js'
import { showConfirm, showConfirmForm, submitConfirm } from './confirm-device.js'

/** The pages on which devices of kinds from outside are set up: the kind's own form, then its first token. */
export function addedKindsRoutes(account: Account): Router {
  const router = Router({ caseSensitive: true, strict: true })
  const fresh = requireFresh(account)
  for (const kind of addedKinds(account.otp.kinds)) {
    router.get(addAddress(kind.name), fresh, (req, res) => show(req, res, kind, {}, null))
    router.post(addAddress(kind.name), fresh, ...parseForms(), postForm(account, kind))
    router.get(confirmAddress(kind.name, ':id'), fresh, showConfirm(account, kind))
    router.post(confirmAddress(kind.name, ':id'), fresh, ...parseForms(), submitConfirm(account, kind))
  }
  return router
}

function postForm(account: Account, kind: AddedKind): RequestHandler {
  return async (req, res) => {
    const begun = req.user && (await beginSetUp(account, kind, req.user.id, req.body))
    if (begun?.ok && req.user) return afterBegin(account, kind, req, res, req.user, begun.device)
    if (!begun || begun.ok || begun.code === null) return refuse(req, res, { status: 400, code: 'bad_request' })
    res.status(422)
    show(req, res, kind, req.body, alertOf(req, kind, begun.code))
  }
}

/** A kind that sends a code sends the first one at once. */
async function afterBegin(
  account: Account,
  kind: AddedKind,
  req: Request,
  res: Response,
  user: RequestUser,
  device: Device,
): Promise<void> {
  const rejection = device.interactive ? await sendSetupCode(account, req, user, device.persistentId) : null
  if (rejection) showConfirmForm(res, kind, device, tellRefusal(req, res, rejection))
  else redirectDone(res, confirmAddress(kind.name, device.id))
}

/** The kind's own codes have its own words. */
function alertOf(req: Request, { name, texts }: AddedKind, code: string): FormAlert {
  const isOwn = Object.hasOwn(texts.en.errors ?? {}, code)
  return isOwn ? { code, text: req.t(`pages:added_kinds.${name}.errors.${code}`) } : alertFor(req, code)
}

function show(
  req: Request,
  res: Response,
  kind: AddedKind,
  fields: Readonly<Record<string, unknown>>,
  alert: FormAlert | null,
): void {
  const shownAgain = ['name', ...kind.setUp.shownAgain]
  const typed = (name: string) => (shownAgain.includes(name) && typeof fields[name] === 'string' ? fields[name] : '')
  const text = (name: string) => req.t(`pages:added_kinds.${kind.name}.view.${name}`)
  sendPage(res, 'account/added-kinds/add', { kind: kind.name, fields: kind.setUp.view, typed, text, alert })
}
