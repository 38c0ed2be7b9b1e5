import {
  type CreationOptional,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
  type Sequelize,
} from 'sequelize'
import { DeviceModel, deviceTable } from './device.js'
import { deviceColumns } from './device-columns.js'

/** A security key or passkey (WebAuthn). */
export class WebauthnDevice extends DeviceModel<
  InferAttributes<WebauthnDevice>,
  InferCreationAttributes<WebauthnDevice>
> {
  /** base64url, as is the key: it says which of its keys the authenticator is to use. */
  declare credential_id: string
  declare public_key: string
  /** Signatures so far; 0 throughout where the authenticator does not count. */
  declare counter: CreationOptional<string>
  declare transports: CreationOptional<string[]>
  /** Whom a passkey names when it signs in alone. */
  declare user_handle: string
  /** Make of the authenticator. */
  declare aaguid: CreationOptional<string | null>
  /** It is kept in the maker's cloud, so more than one machine may have it. */
  declare backed_up: CreationOptional<boolean>
  /** It can sign in without an address being typed first. */
  declare discoverable: CreationOptional<boolean>
}

export function initWebauthnDevice(sequelize: Sequelize): typeof WebauthnDevice {
  return class extends WebauthnDevice {}.init(
    {
      ...deviceColumns(),
      credential_id: { type: DataTypes.TEXT, allowNull: false },
      public_key: { type: DataTypes.TEXT, allowNull: false },
      counter: { type: DataTypes.BIGINT, allowNull: false, defaultValue: 0 },
      transports: { type: DataTypes.ARRAY(DataTypes.TEXT), allowNull: false, defaultValue: [] },
      user_handle: { type: DataTypes.TEXT, allowNull: false },
      aaguid: { type: DataTypes.UUID },
      backed_up: { type: DataTypes.BOOLEAN, allowNull: false, defaultValue: false },
      discoverable: { type: DataTypes.BOOLEAN, allowNull: false, defaultValue: false },
    },
    deviceTable(sequelize, 'webauthn_devices'),
  )
}
