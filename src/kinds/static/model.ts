import {
  type CreationOptional,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
  Model,
  type Sequelize,
} from 'sequelize'
import { DeviceModel, deviceTable } from '../../db/models/device.js'
import { deviceColumns } from '../../db/models/device-columns.js'

/** A set of backup tokens. */
export class StaticDevice extends DeviceModel<InferAttributes<StaticDevice>, InferCreationAttributes<StaticDevice>> {}

/** One backup token, as a keyed hash. The row is deleted when the token is used. */
export class StaticToken extends Model<InferAttributes<StaticToken>, InferCreationAttributes<StaticToken>> {
  declare id: CreationOptional<number>
  declare device_id: number
  declare token_hash: string
  declare created_at: CreationOptional<Date>
}

export function initStaticDevice(sequelize: Sequelize): typeof StaticDevice {
  return class extends StaticDevice {}.init(deviceColumns(), deviceTable(sequelize, 'static_devices'))
}

export function initStaticToken(sequelize: Sequelize): typeof StaticToken {
  return class extends StaticToken {}.init(
    {
      id: { type: DataTypes.INTEGER, primaryKey: true, autoIncrement: true },
      device_id: { type: DataTypes.INTEGER, allowNull: false, references: { model: 'static_devices', key: 'id' } },
      token_hash: { type: DataTypes.TEXT, allowNull: false },
      created_at: { type: DataTypes.DATE, allowNull: false, defaultValue: DataTypes.NOW },
    },
    { sequelize, tableName: 'static_tokens', modelName: 'static_tokens', timestamps: false },
  )
}
