import {
  type CreationOptional,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
  type Sequelize,
} from 'sequelize'
import { DeviceModel, deviceTable } from '../../db/models/device.js'
import { deviceColumns } from '../../db/models/device-columns.js'

/** A security key or passkey (WebAuthn). */
export class WebauthnDevice extends DeviceModel<
  InferAttributes<WebauthnDevice>,
  InferCreationAttributes<WebauthnDevice>
> {
  /** Base64url, like the public key. It identifies the credential that the authenticator must use. */
  declare credential_id: string
  declare public_key: string
  /** Signature counter; always 0 if the authenticator has none. */
  declare counter: CreationOptional<string>
  declare transports: CreationOptional<string[]>
  /** The user handle that a passkey returns when it signs in without an email address. */
  declare user_handle: string
  /** Model of the authenticator. */
  declare aaguid: CreationOptional<string | null>
  /** It is synced to a cloud account, so several machines can have it. */
  declare backed_up: CreationOptional<boolean>
  /** It can sign in without an email address being entered first. */
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
