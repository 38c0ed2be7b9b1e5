import {
  type CreationOptional,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
  Model,
  type Sequelize,
} from 'sequelize'
import { deviceColumns } from './device-columns.js'

/** A set of backup tokens. */
export class StaticDevice extends Model<InferAttributes<StaticDevice>, InferCreationAttributes<StaticDevice>> {
  declare id: CreationOptional<number>
  declare user_id: number
  declare name: string
  declare confirmed: CreationOptional<boolean>
  declare failure_count: CreationOptional<number>
  declare failed_at: CreationOptional<Date | null>
  declare created_at: CreationOptional<Date>
  /** When the setup was finished; null: never. The database keeps it (src/db/migrations/device-states.ts). */
  declare confirmed_at: CreationOptional<Date | null>
  declare disabled_at: CreationOptional<Date | null>
  declare disabled_reason: CreationOptional<'administrator' | 'failures' | null>
  declare last_used_at: CreationOptional<Date | null>
  declare last_used_from: CreationOptional<string | null>
}

/** One backup token, as a keyed hash; used once by deleting the row. */
export class StaticToken extends Model<InferAttributes<StaticToken>, InferCreationAttributes<StaticToken>> {
  declare id: CreationOptional<number>
  declare device_id: number
  declare token_hash: string
  declare created_at: CreationOptional<Date>
}

export function initStaticDevice(sequelize: Sequelize): typeof StaticDevice {
  return class extends StaticDevice {}.init(deviceColumns(), {
    sequelize,
    tableName: 'static_devices',
    modelName: 'static_devices',
    timestamps: false,
  })
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
