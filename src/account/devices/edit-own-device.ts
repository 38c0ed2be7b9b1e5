import { recordAuditEvent } from '../../audit/record-event.js'
import { runStatement } from '../../db/run-statement.js'
import type { ClientInfo } from '../../client-info.js'
import type { ListedDevice } from '../../otp/devices/devices-for-user.js'
import type { AccountServices } from '../account-services.js'

/** @param name of 1 to 64 characters */
export async function renameDevice(
  account: AccountServices,
  device: ListedDevice,
  name: string,
  client: ClientInfo,
): Promise<void> {
  const kind = account.otp.kinds.find((candidate) => candidate.name === device.kind)
  if (!kind || name === device.name) return
  const { database, clock } = account
  const { id, userId, persistentId } = device
  await database.sequelize.transaction(async (transaction) => {
    const sql = `update ${kind.table} set name = $name where id = $id and user_id = $userId`
    await runStatement(database, transaction, sql, { id, userId, name })
    const details = { from: device.name, to: name }
    const event = { event: 'device_renamed' as const, at: clock.now(), userId, device: persistentId, client, details }
    await recordAuditEvent(database, transaction, event)
  })
}

/** Makes this device the default device. */
export async function setDefaultDevice(
  account: AccountServices,
  device: ListedDevice,
  client: ClientInfo,
): Promise<void> {
  const { database, clock } = account
  const { userId, persistentId } = device
  await database.sequelize.transaction(async (transaction) => {
    const values = { userId, persistentId }
    await runStatement(
      database,
      transaction,
      'update users set default_device = $persistentId where id = $userId',
      values,
    )
    const at = clock.now()
    await recordAuditEvent(database, transaction, {
      event: 'default_device_changed',
      at,
      userId,
      device: persistentId,
      client,
    })
  })
}
