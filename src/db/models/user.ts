import {
  type CreationOptional,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
  Model,
  type Sequelize,
} from 'sequelize'

/** A user who can sign in. `is_staff`, `is_superuser`, `is_active` mean the same as in Django. */
export class User extends Model<InferAttributes<User>, InferCreationAttributes<User>> {
  declare id: CreationOptional<number>
  declare email: string
  declare name: CreationOptional<string>
  /** argon2id; null: no password works. */
  declare password_hash: CreationOptional<string | null>
  declare is_staff: CreationOptional<boolean>
  declare is_superuser: CreationOptional<boolean>
  declare is_active: CreationOptional<boolean>
  /** Raising it ends every session of this user (docs/architecture.md, Sessions). */
  declare auth_epoch: CreationOptional<number>
  /** The last ten rejected tokens of each lane, oldest first (src/otp/throttle/throttle.ts). */
  declare token_failed_at: CreationOptional<Date[]>
  /** Language of pages and emails; null: the browser's. */
  declare locale: CreationOptional<string | null>
  /** Persistent ID of the default device; null: the first one of the preferred kind. */
  declare default_device: CreationOptional<string | null>
  /** ID in the application's table of users; null: the user exists only here. */
  declare external_id: CreationOptional<string | null>
  declare created_at: CreationOptional<Date>
  declare last_login_at: CreationOptional<Date | null>
}

export function initUser(sequelize: Sequelize): typeof User {
  return class extends User {}.init(
    {
      id: { type: DataTypes.INTEGER, primaryKey: true, autoIncrement: true },
      email: { type: DataTypes.STRING(254), allowNull: false },
      name: { type: DataTypes.STRING(150), allowNull: false, defaultValue: '' },
      password_hash: { type: DataTypes.TEXT },
      is_staff: { type: DataTypes.BOOLEAN, allowNull: false, defaultValue: false },
      is_superuser: { type: DataTypes.BOOLEAN, allowNull: false, defaultValue: false },
      is_active: { type: DataTypes.BOOLEAN, allowNull: false, defaultValue: true },
      auth_epoch: { type: DataTypes.INTEGER, allowNull: false, defaultValue: 1 },
      token_failed_at: { type: DataTypes.ARRAY(DataTypes.DATE), allowNull: false, defaultValue: [] },
      locale: { type: DataTypes.STRING(16) },
      default_device: { type: DataTypes.STRING(32) },
      external_id: { type: DataTypes.STRING },
      created_at: { type: DataTypes.DATE, allowNull: false, defaultValue: DataTypes.NOW },
      last_login_at: { type: DataTypes.DATE },
    },
    { sequelize, tableName: 'users', modelName: 'users', timestamps: false },
  )
}
