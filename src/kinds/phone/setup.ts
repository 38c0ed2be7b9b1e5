import type { Request } from 'express'
import type { Transaction } from 'sequelize'
import type { RequestUser } from '../../auth/request-user.js'
import { noteSetup } from '../../auth/in-progress.js'
import { runStatement } from '../../db/run-statement.js'
import { addPhoneDevice, type PhoneMethod } from './add-device.js'
import { maskPhoneNumber } from './phone-number.js'
import type { AccountServices } from '../../account/account-services.js'
import { readCodeSetup } from '../delivered-code/setup.js'

export interface NewPhone {
  /** E.164. */
  number: string
  method: PhoneMethod
}

/**
 * Begins to set up a phone: an unconfirmed device, which verifies nobody. The one that this
 * session has begun goes on where it is the same number, so that its cooldown stays; for another
 * number it is given up.
 *
 * @returns its persistent id, or null where the user has this number by this way already
 */
export async function startPhoneSetup(
  account: AccountServices,
  req: Request,
  user: RequestUser,
  phone: NewPhone,
): Promise<string | null> {
  const begun = await readCodeSetup(account, req, 'phone')
  const deviceId = await account.database.sequelize.transaction(async (transaction) => {
    // The owner before the devices, as everywhere.
    await runStatement(account.database, transaction, LOCK_OWNER, { userId: user.id })
    if (await isKnown(account, transaction, user, phone)) return null
    if (begun?.number === phone.number) return changeMethod(account, req, transaction, begun, phone)
    if (begun) await giveUp(account, transaction, begun)
    const name = phoneName(req, phone)
    const device = await addPhoneDevice(account.otp, transaction, { userId: user.id, name, confirmed: false, ...phone })
    return device.persistentId
  })
  if (deviceId && deviceId !== begun?.deviceId) noteSetup(req, { device: deviceId, at: account.clock.now().getTime() })
  return deviceId
}

const LOCK_OWNER = 'select from users where id = $userId for update'

/** What tells it from the person's other devices, also to somebody who knows the password alone. */
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
  begun: { id: number; deviceId: string },
  phone: NewPhone,
): Promise<string> {
  const sql = 'update phone_devices set method = $method, name = $name where id = $id and confirmed_at is null'
  const values = { id: begun.id, method: phone.method, name: phoneName(req, phone) }
  await runStatement(database, transaction, sql, values)
  return begun.deviceId
}

async function giveUp({ database }: AccountServices, transaction: Transaction, begun: { id: number }): Promise<void> {
  await runStatement(database, transaction, 'delete from phone_devices where id = $id and confirmed_at is null', begun)
}
