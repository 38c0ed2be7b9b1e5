import type { Request } from 'express'
import type { Transaction } from 'sequelize'
import { devicesForUser, type ListedDevice } from '../../otp/devices-for-user.js'
import { parsePersistentId } from '../../otp/persistent-id.js'
import type { AccountServices } from '../account-services.js'

/** Finds the user's own device, confirmed or not, that a path identifies by `:kind` and `:id`. */
export async function findOwnDevice(
  account: AccountServices,
  req: Request<DeviceParams>,
): Promise<ListedDevice | null> {
  const { kind, id } = req.params
  return req.user ? findDevice(account, req.user.id, `${kind}/${id}`) : null
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
