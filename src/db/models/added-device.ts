import {
  type CreationOptional,
  type InferAttributes,
  type InferCreationAttributes,
  Model,
  type ModelAttributes,
  type ModelStatic,
  type Sequelize,
} from 'sequelize'
import { deviceColumns } from './device-columns.js'

/** A device of a kind from outside, as far as the common columns go. */
export class AddedDevice extends Model<InferAttributes<AddedDevice>, InferCreationAttributes<AddedDevice>> {
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
}

/**
 * The model of such a kind's table, bound to one Sequelize instance.
 *
 * @param own columns of the kind itself
 */
export function initAddedDevice(sequelize: Sequelize, table: string, own: ModelAttributes): ModelStatic<AddedDevice> {
  return class extends AddedDevice {}.init(
    { ...own, ...deviceColumns() },
    { sequelize, tableName: table, modelName: table, timestamps: false },
  )
}
