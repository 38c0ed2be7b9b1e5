import {
  type CreationOptional,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
  Model,
  type Sequelize,
} from 'sequelize'

/** One event of the audit log. Rows are only ever added. */
export class AuditEvent extends Model<InferAttributes<AuditEvent>, InferCreationAttributes<AuditEvent>> {
  declare id: CreationOptional<string>
  declare at: Date
  declare event: string
  /** The user it is about. */
  declare user_id: number | null
  /** The user who did it; null: the user it is about, an anonymous request, or the command line. */
  declare actor_id: number | null
  /** Persistent ID, for example `totp/3`. */
  declare device: string | null
  declare address: string | null
  declare browser: string | null
  declare request_id: string | null
  declare details: CreationOptional<Record<string, unknown>>
}

export function initAuditEvent(sequelize: Sequelize): typeof AuditEvent {
  return class extends AuditEvent {}.init(
    {
      id: { type: DataTypes.BIGINT, primaryKey: true, autoIncrement: true },
      at: { type: DataTypes.DATE, allowNull: false },
      event: { type: DataTypes.STRING(64), allowNull: false },
      user_id: { type: DataTypes.INTEGER, references: { model: 'users', key: 'id' } },
      actor_id: { type: DataTypes.INTEGER, references: { model: 'users', key: 'id' } },
      device: { type: DataTypes.STRING(64) },
      address: { type: DataTypes.STRING(64) },
      browser: { type: DataTypes.STRING(128) },
      request_id: { type: DataTypes.STRING(64) },
      details: { type: DataTypes.JSONB, allowNull: false, defaultValue: {} },
    },
    { sequelize, tableName: 'audit_events', modelName: 'audit_events', timestamps: false },
  )
}
