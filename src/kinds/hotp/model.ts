import {
  type CreationOptional,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
  type Sequelize,
} from 'sequelize'
import { DeviceModel, deviceTable } from '../../db/models/device.js'
import { deviceColumns } from '../../db/models/device-columns.js'

/** A counter-based hardware token (RFC 4226). */
export class HotpDevice extends DeviceModel<InferAttributes<HotpDevice>, InferCreationAttributes<HotpDevice>> {
  /** Sealed with the keyring for `hotp_devices.secret` and this row's ID. */
  declare secret: string
  declare digits: CreationOptional<number>
  /** The counter value expected next. */
  declare counter: CreationOptional<string>
  /** How many counter values ahead are accepted. */
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
    deviceTable(sequelize, 'hotp_devices'),
  )
}
