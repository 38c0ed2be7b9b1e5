import {
  type CreationOptional,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
  Model,
  type Sequelize,
} from 'sequelize'
import { deviceColumns } from './device-columns.js'

/** An authenticator app (RFC 6238). */
export class TotpDevice extends Model<InferAttributes<TotpDevice>, InferCreationAttributes<TotpDevice>> {
  declare id: CreationOptional<number>
  declare user_id: number
  declare name: string
  /** False: setup not finished, or disabled; verifies nobody. */
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
  /** Sealed with the keyring for `totp_devices.secret` and this row's id. */
  declare secret: string
  declare algorithm: CreationOptional<'SHA1' | 'SHA256' | 'SHA512'>
  declare digits: CreationOptional<number>
  /** Seconds. */
  declare step: CreationOptional<number>
  /** Seconds since 1970 at which step 0 begins. */
  declare t0: CreationOptional<string>
  /** Steps accepted on either side. */
  declare tolerance: CreationOptional<number>
  /** Steps that this device's clock is ahead. */
  declare drift: CreationOptional<number>
  /** The step last accepted; it and all before it are spent. */
  declare last_step: CreationOptional<string>
}

export function initTotpDevice(sequelize: Sequelize): typeof TotpDevice {
  return class extends TotpDevice {}.init(
    {
      ...deviceColumns(),
      secret: { type: DataTypes.TEXT, allowNull: false },
      algorithm: { type: DataTypes.STRING(6), allowNull: false, defaultValue: 'SHA1' },
      digits: { type: DataTypes.SMALLINT, allowNull: false, defaultValue: 6 },
      step: { type: DataTypes.SMALLINT, allowNull: false, defaultValue: 30 },
      t0: { type: DataTypes.BIGINT, allowNull: false, defaultValue: 0 },
      tolerance: { type: DataTypes.SMALLINT, allowNull: false, defaultValue: 1 },
      drift: { type: DataTypes.SMALLINT, allowNull: false, defaultValue: 0 },
      last_step: { type: DataTypes.BIGINT, allowNull: false, defaultValue: -1 },
    },
    { sequelize, tableName: 'totp_devices', modelName: 'totp_devices', timestamps: false },
  )
}
