import { DataTypes } from 'sequelize'

/** The columns that every kind's table has; each model repeats their types in its class. */
export const deviceColumns = () => ({
  id: { type: DataTypes.INTEGER, primaryKey: true, autoIncrement: true },
  user_id: { type: DataTypes.INTEGER, allowNull: false, references: { model: 'users', key: 'id' } },
  name: { type: DataTypes.STRING(64), allowNull: false },
  confirmed: { type: DataTypes.BOOLEAN, allowNull: false, defaultValue: false },
  failure_count: { type: DataTypes.INTEGER, allowNull: false, defaultValue: 0 },
  failed_at: { type: DataTypes.DATE },
  created_at: { type: DataTypes.DATE, allowNull: false, defaultValue: DataTypes.NOW },
  confirmed_at: { type: DataTypes.DATE },
  disabled_at: { type: DataTypes.DATE },
  disabled_reason: { type: DataTypes.STRING(16) },
  last_used_at: { type: DataTypes.DATE },
  last_used_from: { type: DataTypes.STRING(200) },
})

/** The additional columns of phone and email devices, for a challenge that was sent. */
export const challengeColumns = () => ({
  code_hash: { type: DataTypes.TEXT },
  code_expires_at: { type: DataTypes.DATE },
  code_attempts: { type: DataTypes.SMALLINT, allowNull: false, defaultValue: 0 },
  challenged_at: { type: DataTypes.DATE },
  delivery: { type: DataTypes.STRING(8) },
  delivery_error: { type: DataTypes.STRING(64) },
})
