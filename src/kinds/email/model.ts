import {
  type CreationOptional,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
  type Sequelize,
} from 'sequelize'
import { deviceTable } from '../../db/models/device.js'
import { challengeColumns, deviceColumns } from '../../db/models/device-columns.js'
import { DeliveredCodeModel } from '../delivered-code/model.js'

/** An email address that codes are sent to. */
export class EmailDevice extends DeliveredCodeModel<
  InferAttributes<EmailDevice>,
  InferCreationAttributes<EmailDevice>
> {
  /** Null: the owner's own email address. */
  declare email: CreationOptional<string | null>
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
