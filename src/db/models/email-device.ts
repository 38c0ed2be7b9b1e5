import {
  type CreationOptional,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
  Model,
  type Sequelize,
} from 'sequelize'
import { challengeColumns, deviceColumns } from './device-columns.js'

/** A mailbox that is sent codes. */
export class EmailDevice extends Model<InferAttributes<EmailDevice>, InferCreationAttributes<EmailDevice>> {
  declare id: CreationOptional<number>
  declare user_id: number
  declare name: string
  declare confirmed: CreationOptional<boolean>
  declare failure_count: CreationOptional<number>
  declare failed_at: CreationOptional<Date | null>
  declare created_at: CreationOptional<Date>
  /** When the setup was finished; null: never. The database keeps it (src/db/migrations/device-states.ts). */
  declare confirmed_at: CreationOptional<Date | null>
  declare disabled_at: CreationOptional<Date | null>
  declare disabled_reason: CreationOptional<'administrator' | 'failures' | null>
  declare last_used_at: CreationOptional<Date | null>
  declare last_used_from: CreationOptional<string | null>
  /** Null: the owner's own address. */
  declare email: CreationOptional<string | null>
  /** Keyed hash of the code that was sent last; null: none, or it was used. */
  declare code_hash: CreationOptional<string | null>
  declare code_expires_at: CreationOptional<Date | null>
  declare code_attempts: CreationOptional<number>
  declare challenged_at: CreationOptional<Date | null>
  declare delivery: CreationOptional<'pending' | 'sent' | 'failed' | null>
  declare delivery_error: CreationOptional<string | null>
}

export function initEmailDevice(sequelize: Sequelize): typeof EmailDevice {
  return class extends EmailDevice {}.init(
    {
      ...deviceColumns(),
      ...challengeColumns(),
      email: { type: DataTypes.STRING(254) },
    },
    { sequelize, tableName: 'email_devices', modelName: 'email_devices', timestamps: false },
  )
}
