import { DataTypes, type InferAttributes, type InferCreationAttributes, type Sequelize } from 'sequelize'
import { deviceTable } from '../../db/models/device.js'
import { challengeColumns, deviceColumns } from '../../db/models/device-columns.js'
import { DeliveredCodeModel } from '../delivered-code/model.js'

/** A phone that codes are sent to, by text message or call. */
export class PhoneDevice extends DeliveredCodeModel<
  InferAttributes<PhoneDevice>,
  InferCreationAttributes<PhoneDevice>
> {
  /** In E.164 format. */
  declare number: string
  declare method: 'sms' | 'call'
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
