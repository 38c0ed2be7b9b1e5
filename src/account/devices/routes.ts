import { type Request, type RequestHandler, type Response, Router } from 'express'
import { keepLast, policyOf } from '../../auth/policy.js'
import { requireFresh } from '../../auth/step-up/require-fresh.js'
import { alertFor } from '../../http/alert-for.js'
import { describeOrigin } from '../../http/describe-origin.js'
import { parseForms, readForm } from '../../http/read-form.js'
import { refuse } from '../../http/refuse.js'
import { sendPage } from '../../http/send-page.js'
import { redirectDone } from '../../http/step-done.js'
import type { ListedDevice } from '../../otp/devices-for-user.js'
import { devicesToPlan, mustStay, planRemoval } from '../../otp/remove-device.js'
import type { Account } from '../account.js'
import { profileAddress } from '../profile/notices.js'
import { makeDefault, renameDevice } from './change-device.js'
import { type DeviceParams, findOwnDevice } from './find-own-device.js'
import { deviceName, nameForm } from './forms.js'
import { removeOwnDevice } from './remove-own-device.js'

const DEVICE = '/account/two-factor/devices/:kind/:id'

/** One's own devices: rename, ask first, remove. Somebody else's are not found, and nothing of them changes. */
export function devicesRoutes(account: Account): Router {
  const router = Router({ caseSensitive: true, strict: true })
  const fresh = requireFresh(account)
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

function withDevice(account: Account, handle: Handle): RequestHandler<DeviceParams> {
  return async (req, res) => {
    const device = await findOwnDevice(account, req)
    if (device) await handle(req, res, device)
    else refuse(req, res, { status: 404, code: 'not_found' })
  }
}

function showRename(req: Request<DeviceParams>, res: Response, device: ListedDevice, code: string | null): void {
  if (code) res.status(422)
  sendPage(res, 'account/devices/rename', { device, alert: code && alertFor(req, code) })
}

function postRename(account: Account): Handle {
  return async (req, res, device) => {
    const form = readForm(req, nameForm)
    if (!form) return refuse(req, res, { status: 400, code: 'bad_request' })
    const name = deviceName(form.name)
    if (name === null) return showRename(req, res, device, 'name_invalid')
    await renameDevice(account, device, name, describeOrigin(req))
    redirectDone(res, profileAddress('renamed'))
  }
}

/** Only a device that verifies can be asked first. */
function postDefault(account: Account): Handle {
  return async (req, res, device) => {
    if (!device.confirmed) return refuse(req, res, { status: 404, code: 'not_found' })
    await makeDefault(account, device, describeOrigin(req))
    redirectDone(res, profileAddress('default_changed'))
  }
}

async function showRemove(
  account: Account,
  req: Request<DeviceParams>,
  res: Response,
  device: ListedDevice,
): Promise<void> {
  if (!req.user) return
  const devices = await devicesToPlan(account.otp, req.user.id)
  const plan = planRemoval(account.otp, devices, device)
  const forbidden = mustStay(account.otp, devices, device, keepLast(policyOf(account.config, req.user)))
  sendPage(res, 'account/devices/remove', {
    device,
    ...plan,
    forbidden,
    alert: forbidden ? alertFor(req, 'policy') : null,
  })
}

function postRemove(account: Account): Handle {
  return async (req, res, device) => {
    if (!req.user) return
    const removal = await removeOwnDevice(account, req.user, device.persistentId, describeOrigin(req))
    if (removal.ok) return redirectDone(res, profileAddress('removed'))
    if (removal.code === 'not_found') return refuse(req, res, { status: 404, code: 'not_found' })
    res.status(422)
    await showRemove(account, req, res, device)
  }
}
