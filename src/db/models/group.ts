import {
  type CreationOptional,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
  Model,
  type Sequelize,
} from 'sequelize'

/** Users with the same permissions in the panel and the same two-factor policy. */
export class Group extends Model<InferAttributes<Group>, InferCreationAttributes<Group>> {
  declare id: CreationOptional<number>
  declare name: string
  /** Permissions such as `users.view` (src/admin/permissions.ts). */
  declare permissions: CreationOptional<string[]>
  /** Policy for members; null: the site's. */
  declare otp_policy: CreationOptional<'off' | 'staff' | 'everyone' | 'strict' | null>
  /** Days; null: the site's. */
  declare grace_days: CreationOptional<number | null>
  /** Kinds of device that members can use; null: all that the site accepts. */
  declare kinds: CreationOptional<string[] | null>
  declare created_at: CreationOptional<Date>
}

/** Membership of a user in a group. */
export class UserGroup extends Model<InferAttributes<UserGroup>, InferCreationAttributes<UserGroup>> {
  declare id: CreationOptional<number>
  declare user_id: number
  declare group_id: number
}

export function initGroup(sequelize: Sequelize): typeof Group {
  return class extends Group {}.init(
    {
      id: { type: DataTypes.INTEGER, primaryKey: true, autoIncrement: true },
      name: { type: DataTypes.STRING(64), allowNull: false },
      permissions: { type: DataTypes.ARRAY(DataTypes.TEXT), allowNull: false, defaultValue: [] },
      otp_policy: { type: DataTypes.STRING(8) },
      grace_days: { type: DataTypes.SMALLINT },
      kinds: { type: DataTypes.ARRAY(DataTypes.TEXT) },
      created_at: { type: DataTypes.DATE, allowNull: false, defaultValue: DataTypes.NOW },
    },
    { sequelize, tableName: 'groups', modelName: 'groups', timestamps: false },
  )
}

export function initUserGroup(sequelize: Sequelize): typeof UserGroup {
  return class extends UserGroup {}.init(
    {
      id: { type: DataTypes.INTEGER, primaryKey: true, autoIncrement: true },
      user_id: { type: DataTypes.INTEGER, allowNull: false, references: { model: 'users', key: 'id' } },
      group_id: { type: DataTypes.INTEGER, allowNull: false, references: { model: 'groups', key: 'id' } },
    },
    { sequelize, tableName: 'user_groups', modelName: 'user_groups', timestamps: false },
  )
}
