import {
  type CreationOptional,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
  Model,
  type Sequelize,
} from 'sequelize'
import { deviceColumns } from './device-columns.js'

/** A hardware token that counts (RFC 4226). */
export class HotpDevice extends Model<InferAttributes<HotpDevice>, InferCreationAttributes<HotpDevice>> {
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
  /** Sealed with the keyring for `hotp_devices.secret` and this row's id. */
  declare secret: string
  declare digits: CreationOptional<number>
  /** The count that is expected next. */
  declare counter: CreationOptional<string>
  /** How many counts ahead are accepted. */
  declare tolerance: CreationOptional<number>
}

export function initHotpDevice(sequelize: Sequelize): typeof HotpDevice {
  return class extends HotpDevice {}.init(
    {
      ...deviceColumns(),
      secret: { type: DataTypes.TEXT, allowNull: false },
      digits: { type: DataTypes.SMALLINT, allowNull: false, defaultValue: 6 },
      counter: { type: DataTypes.BIGINT, allowNull: false, defaultValue: 0 },
      tolerance: { type: DataTypes.SMALLINT, allowNull: false, defaultValue: 5 },
    },
    { sequelize, tableName: 'hotp_devices', modelName: 'hotp_devices', timestamps: false },
  )
}
