import {
  type CreationOptional,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
  type Sequelize,
} from 'sequelize'
import { DeviceModel, deviceTable } from '../../db/models/device.js'
import { challengeColumns, deviceColumns } from '../../db/models/device-columns.js'

/** A phone that codes are sent to, by text message or call. */
export class PhoneDevice extends DeviceModel<InferAttributes<PhoneDevice>, InferCreationAttributes<PhoneDevice>> {
  /** In E.164 format. */
  declare number: string
  declare method: 'sms' | 'call'
  /** Keyed hash of the code that was sent last; null: none was sent, or it was used. */
  declare code_hash: CreationOptional<string | null>
  declare code_expires_at: CreationOptional<Date | null>
  declare code_attempts: CreationOptional<number>
  declare challenged_at: CreationOptional<Date | null>
  declare delivery: CreationOptional<'pending' | 'sent' | 'failed' | null>
  declare delivery_error: CreationOptional<string | null>
}

export function initPhoneDevice(sequelize: Sequelize): typeof PhoneDevice {
  return class extends PhoneDevice {}.init(
    {
      ...deviceColumns(),
      ...challengeColumns(),
      number: { type: DataTypes.STRING(20), allowNull: false },
      method: { type: DataTypes.STRING(4), allowNull: false },
    },
    deviceTable(sequelize, 'phone_devices'),
  )
}
