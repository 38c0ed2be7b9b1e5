import {
  type CreationOptional,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
  type Sequelize,
} from 'sequelize'
import { DeviceModel, deviceTable } from '../../db/models/device.js'
import { deviceColumns } from '../../db/models/device-columns.js'

/** An authenticator app (RFC 6238). */
export class TotpDevice extends DeviceModel<InferAttributes<TotpDevice>, InferCreationAttributes<TotpDevice>> {
  /** Sealed with the keyring for `totp_devices.secret` and this row's ID. */
  declare secret: string
  declare algorithm: CreationOptional<'SHA1' | 'SHA256' | 'SHA512'>
  declare digits: CreationOptional<number>
  /** Length of a step in seconds. */
  declare step: CreationOptional<number>
  /** Unix time at which step 0 begins, in seconds (T0 of RFC 6238 §4.1). */
  declare t0: CreationOptional<string>
  /** Steps accepted before and after the current one. */
  declare tolerance: CreationOptional<number>
  /** How many steps this device's clock is ahead. */
  declare drift: CreationOptional<number>
  /** The last accepted step. Tokens of it and of earlier steps are not accepted again. */
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
