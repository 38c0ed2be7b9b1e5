import {
  type CreationOptional,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
  type Sequelize,
} from 'sequelize'
import { DeviceModel, deviceTable } from '../../db/models/device.js'
import { challengeColumns, deviceColumns } from '../../db/models/device-columns.js'

/** An email address that codes are sent to. */
export class EmailDevice extends DeviceModel<InferAttributes<EmailDevice>, InferCreationAttributes<EmailDevice>> {
  /** Null: the owner's own email address. */
  declare email: CreationOptional<string | null>
  /** Keyed hash of the code that was sent last; null: none was sent, or it was used. */
  declare code_hash: CreationOptional<string | null>
  declare code_expires_at: CreationOptional<Date | null>
  declare code_attempts: CreationOptional<number>
  declare challenged_at: CreationOptional<Date | null>
  declare delivery: CreationOptional<'pending' | 'sent' | 'failed' | null>
  declare delivery_error: CreationOptional<string | null>
}

export function initEmailDevice(sequelize: Sequelize): typeof EmailDevice {
  return class extends EmailDevice {}.init(
    {
      ...deviceColumns(),
      ...challengeColumns(),
      email: { type: DataTypes.STRING(254) },
    },
    deviceTable(sequelize, 'email_devices'),
  )
}
