import type { Request } from 'express'
import type { Transaction } from 'sequelize'
import { rejectRequest } from '../../http/pages/reject-request.js'
import type { DeviceState } from '../../otp/device.js'
import { devicesForUser, type ListedDevice } from '../../otp/devices/devices-for-user.js'
import { parsePersistentId } from '../../otp/devices/persistent-id.js'
import type { AccountServices } from '../account-services.js'

/** Finds the user's own device, confirmed or not, that a path identifies by `:kind` and `:id`. */
export async function findOwnDevice(
  account: AccountServices,
  req: Request<DeviceParams>,
): Promise<ListedDevice | null> {
  const { kind, id } = req.params
  return req.user ? findDevice(account, req.user.id, `${kind}/${id}`) : null
}

/** Finds the user's own device of a kind in the state that a page requires. Otherwise sends a 404 and returns null. */
export async function findOwnInState(
  account: AccountServices,
  req: Request<{ id: string }>,
  kind: string,
  state: DeviceState,
): Promise<ListedDevice | null> {
  const device = req.user ? await findDevice(account, req.user.id, `${kind}/${req.params.id}`) : null
  if (device?.state === state) return device
  if (req.res) rejectRequest(req, req.res, { status: 404, code: 'not_found' })
  return null
}

/** A type, not an interface, because Express requires an index signature. */
export type DeviceParams = { kind: string; id: string }

/** @param name a persistent ID as it was submitted */
export async function findDevice(
  { otp }: AccountServices,
  userId: number,
  name: string,
  transaction?: Transaction,
): Promise<ListedDevice | null> {
  if (!parsePersistentId(name)) return null
  const devices = await devicesForUser(otp, userId, { confirmed: null, ...(transaction && { transaction }) })
  return devices.find(({ persistentId }) => persistentId === name) ?? null
}
