import {
  type CreationOptional,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
  Model,
  type Sequelize,
} from 'sequelize'
import { challengeColumns, deviceColumns } from './device-columns.js'

/** A phone that is sent codes, or called. */
export class PhoneDevice extends Model<InferAttributes<PhoneDevice>, InferCreationAttributes<PhoneDevice>> {
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
  /** E.164. */
  declare number: string
  declare method: 'sms' | 'call'
  /** Keyed hash of the code that was sent last; null: none, or it was used. */
  declare code_hash: CreationOptional<string | null>
  declare code_expires_at: CreationOptional<Date | null>
  declare code_attempts: CreationOptional<number>
  declare challenged_at: CreationOptional<Date | null>
  declare delivery: CreationOptional<'pending' | 'sent' | 'failed' | null>
  declare delivery_error: CreationOptional<string | null>
}

export function initPhoneDevice(sequelize: Sequelize): typeof PhoneDevice {
  return class extends PhoneDevice {}.init(
    {
      ...deviceColumns(),
      ...challengeColumns(),
      number: { type: DataTypes.STRING(20), allowNull: false },
      method: { type: DataTypes.STRING(4), allowNull: false },
    },
    { sequelize, tableName: 'phone_devices', modelName: 'phone_devices', timestamps: false },
  )
}
