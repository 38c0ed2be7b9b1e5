import {
  type CreationOptional,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
  Model,
  type Sequelize,
} from 'sequelize'

/**
 * A browser in which a user signs in without a second factor for some days. For reading only:
 * src/auth/trusted-browser/ writes the table, and its hashes are not columns of this model.
 */
export class TrustedBrowser extends Model<InferAttributes<TrustedBrowser>, InferCreationAttributes<TrustedBrowser>> {
  declare id: CreationOptional<number>
  declare user_id: number
  /** Persistent ID of the device that verified the user there, for example `totp/3`. */
  declare device: string
  declare created_at: Date
  declare expires_at: Date
  /** Null: never. */
  declare last_used_at: Date | null
  declare address: string | null
  declare browser: string | null
}

export function initTrustedBrowser(sequelize: Sequelize): typeof TrustedBrowser {
  return class extends TrustedBrowser {}.init(
    {
      id: { type: DataTypes.INTEGER, primaryKey: true, autoIncrement: true },
      user_id: { type: DataTypes.INTEGER, allowNull: false, references: { model: 'users', key: 'id' } },
      device: { type: DataTypes.STRING(32), allowNull: false },
      created_at: { type: DataTypes.DATE, allowNull: false },
      expires_at: { type: DataTypes.DATE, allowNull: false },
      last_used_at: { type: DataTypes.DATE },
      address: { type: DataTypes.STRING(64) },
      browser: { type: DataTypes.STRING(200) },
    },
    { sequelize, tableName: 'trusted_browsers', modelName: 'trusted_browsers', timestamps: false },
  )
}
