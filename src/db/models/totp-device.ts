import {
  type CreationOptional,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
  type Sequelize,
} from 'sequelize'
import { DeviceModel, deviceTable } from './device.js'
import { deviceColumns } from './device-columns.js'

/** An authenticator app (RFC 6238). */
export class TotpDevice extends DeviceModel<InferAttributes<TotpDevice>, InferCreationAttributes<TotpDevice>> {
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
    deviceTable(sequelize, 'totp_devices'),
  )
}
