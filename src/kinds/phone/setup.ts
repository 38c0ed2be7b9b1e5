import type { Request } from 'express'
import type { Transaction } from 'sequelize'
import type { RequestUser } from '../../auth/request-user.js'
import { noteSetup } from '../../auth/session/in-progress.js'
import { runStatement } from '../../db/run-statement.js'
import { addPhoneDevice, type PhoneMethod } from './add-device.js'
import { maskPhoneNumber } from './phone-number.js'
import type { AccountServices } from '../../account/account-services.js'
import { readCodeSetup } from '../delivered-code/setup.js'

export const PHONE_SETUP_PATH = '/account/two-factor/phones/add'

export interface NewPhone {
  /** E.164. */
  number: string
  method: PhoneMethod
}

/**
 * Starts the setup of a phone: an unconfirmed device, which verifies no user. If this session has
 * already started one with the same number, it continues that one, so that its cooldown still
 * applies. One with another number is deleted.
 *
 * @returns the device's persistent ID, or null if the user already has this number with this method
 */
export async function startPhoneSetup(
  account: AccountServices,
  req: Request,
  user: RequestUser,
  phone: NewPhone,
): Promise<string | null> {
  const started = await readCodeSetup(account, req, 'phone')
  const deviceId = await account.database.sequelize.transaction(async (transaction) => {
    // The owner is locked before the devices, as in every transaction: another order could deadlock.
    await runStatement(account.database, transaction, LOCK_OWNER, { userId: user.id })
    if (await isKnown(account, transaction, user, phone)) return null
    if (started?.number === phone.number) return changeMethod(account, req, transaction, started, phone)
    if (started) await deleteSetup(account, transaction, started)
    const name = phoneName(req, phone)
    const device = await addPhoneDevice(account.otp, transaction, { userId: user.id, name, confirmed: false, ...phone })
    return device.persistentId
  })
  if (deviceId && deviceId !== started?.deviceId)
    noteSetup(req, { device: deviceId, at: account.clock.now().getTime() })
  return deviceId
}

const LOCK_OWNER = 'select from users where id = $userId for update'

/** Names the phone by its masked number: the name is shown at sign-in to anyone who knows the password. */
function phoneName(req: Request, { number, method }: NewPhone): string {
  return req.t(`phone:names.${method}`, { number: maskPhoneNumber(number) }).slice(0, 64)
}

async function isKnown(
  { database }: AccountServices,
  transaction: Transaction,
  user: RequestUser,
  phone: NewPhone,
): Promise<boolean> {
  const sql = `select from phone_devices where user_id = $userId and confirmed and number = $number and method = $method`
  return (await runStatement(database, transaction, sql, { userId: user.id, ...phone })).length > 0
}

async function changeMethod(
  { database }: AccountServices,
  req: Request,
  transaction: Transaction,
  started: { id: number; deviceId: string },
  phone: NewPhone,
): Promise<string> {
  const sql = 'update phone_devices set method = $method, name = $name where id = $id and confirmed_at is null'
  const values = { id: started.id, method: phone.method, name: phoneName(req, phone) }
  await runStatement(database, transaction, sql, values)
  return started.deviceId
}

async function deleteSetup(
  { database }: AccountServices,
  transaction: Transaction,
  started: { id: number },
): Promise<void> {
  await runStatement(
    database,
    transaction,
    'delete from phone_devices where id = $id and confirmed_at is null',
    started,
  )
}
