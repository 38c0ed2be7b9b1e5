import {
  type CreationOptional,
  Model,
  type InferAttributes,
  type InferCreationAttributes,
  type ModelAttributes,
  type ModelStatic,
  type Sequelize,
} from 'sequelize'
import { deviceColumns } from './device-columns.js'

/** A device of any kind: the columns that every kind's table has. A kind's model adds its own. */
export abstract class DeviceModel<Attributes extends object, Creation extends object> extends Model<
  Attributes,
  Creation
> {
  declare id: CreationOptional<number>
  declare user_id: number
  declare name: string
  /** False: setup not finished, or disabled. The device then verifies no user. */
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

/** The common columns alone. */
export class Device extends DeviceModel<InferAttributes<Device>, InferCreationAttributes<Device>> {}

/** Returns the Sequelize options that bind a kind's model to its table. */
export const deviceTable = (sequelize: Sequelize, table: string) => ({
  sequelize,
  tableName: table,
  modelName: table,
  timestamps: false,
})

/**
 * Defines a model of a kind's table on one Sequelize instance, for code that needs only the
 * common columns.
 *
 * @param own the kind's own columns
 */
export function initDevice(sequelize: Sequelize, table: string, own: ModelAttributes): ModelStatic<Device> {
  return class extends Device {}.init({ ...own, ...deviceColumns() }, deviceTable(sequelize, table))
}
