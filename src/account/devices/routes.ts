import { type Request, type RequestHandler, type Response, Router } from 'express'
import { requiredKind, policyOf } from '../../auth/policy/policy.js'
import { requireFreshToken } from '../../auth/step-up/require-fresh-token.js'
import { formAlert } from '../../http/forms/form-alert.js'
import { readClientInfo } from '../../http/client/read-client-info.js'
import { parseForms, readForm } from '../../http/forms/read-form.js'
import { rejectRequest } from '../../http/pages/reject-request.js'
import { sendPage } from '../../http/pages/send-page.js'
import { redirectDone } from '../../http/step-done.js'
import type { ListedDevice } from '../../otp/devices/devices-for-user.js'
import { devicesToPlan, mustKeepDevice, planRemoval } from '../../otp/devices/remove-device.js'
import type { AccountServices } from '../account-services.js'
import { profilePath } from '../notices.js'
import { setDefaultDevice, renameDevice } from './edit-own-device.js'
import { type DeviceParams, findOwnDevice } from './find-own-device.js'
import { parseDeviceName, renameForm } from './device-name.js'
import { removeOwnDevice } from './remove-own-device.js'

const DEVICE = '/account/two-factor/devices/:kind/:id'

/** The user's own devices: rename, make default, remove. Other users' devices are not found and never change. */
export function devicesRoutes(account: AccountServices): Router {
  const router = Router({ caseSensitive: true, strict: true })
  const fresh = requireFreshToken(account)
  router.get(
    `${DEVICE}/rename`,
    fresh,
    withDevice(account, (req, res, device) => showRename(req, res, device, null)),
  )
  router.post(`${DEVICE}/rename`, fresh, ...parseForms(), withDevice(account, postRename(account)))
  router.post(`${DEVICE}/default`, fresh, ...parseForms(), withDevice(account, postDefault(account)))
  router.get(
    `${DEVICE}/remove`,
    fresh,
    withDevice(account, (req, res, device) => showRemove(account, req, res, device)),
  )
  router.post(`${DEVICE}/remove`, fresh, ...parseForms(), withDevice(account, postRemove(account)))
  return router
}

type Handle = (req: Request<DeviceParams>, res: Response, device: ListedDevice) => void | Promise<void>

function withDevice(account: AccountServices, handle: Handle): RequestHandler<DeviceParams> {
  return async (req, res) => {
    const device = await findOwnDevice(account, req)
    if (device) await handle(req, res, device)
    else rejectRequest(req, res, { status: 404, code: 'not_found' })
  }
}

function showRename(req: Request<DeviceParams>, res: Response, device: ListedDevice, code: string | null): void {
  if (code) res.status(422)
  sendPage(res, 'account/devices/rename', { device, alert: code && formAlert(req, code) })
}

function postRename(account: AccountServices): Handle {
  return async (req, res, device) => {
    const form = readForm(req, renameForm)
    if (!form) return rejectRequest(req, res, { status: 400, code: 'bad_request' })
    const name = parseDeviceName(form.name)
    if (name === null) return showRename(req, res, device, 'name_invalid')
    await renameDevice(account, device, name, readClientInfo(req))
    redirectDone(res, profilePath('renamed'))
  }
}

/** Only an active device can be the default device. */
function postDefault(account: AccountServices): Handle {
  return async (req, res, device) => {
    if (!device.confirmed) return rejectRequest(req, res, { status: 404, code: 'not_found' })
    await setDefaultDevice(account, device, readClientInfo(req))
    redirectDone(res, profilePath('default_changed'))
  }
}

async function showRemove(
  account: AccountServices,
  req: Request<DeviceParams>,
  res: Response,
  device: ListedDevice,
): Promise<void> {
  if (!req.user) return
  const devices = await devicesToPlan(account.otp, req.user.id)
  const plan = planRemoval(account.otp, devices, device)
  const forbidden = mustKeepDevice(account.otp, devices, device, requiredKind(policyOf(account.config, req.user)))
  sendPage(res, 'account/devices/remove', {
    device,
    ...plan,
    forbidden,
    alert: forbidden ? formAlert(req, 'policy') : null,
  })
}

function postRemove(account: AccountServices): Handle {
  return async (req, res, device) => {
    if (!req.user) return
    const removal = await removeOwnDevice(account, req.user, device.persistentId, readClientInfo(req))
    if (removal.ok) return redirectDone(res, profilePath('removed'))
    if (removal.code === 'not_found') return rejectRequest(req, res, { status: 404, code: 'not_found' })
    res.status(422)
    await showRemove(account, req, res, device)
  }
}
