import type { CreationOptional } from 'sequelize'
import { DeviceModel } from '../../db/models/device.js'

/** A device that codes are sent to: the columns of `challengeColumnsSql`. */
export abstract class DeliveredCodeModel<Attributes extends object, Creation extends object> extends DeviceModel<
  Attributes,
  Creation
> {
  /** Keyed hash of the code that was sent last; null: none was sent, or it was used. */
  declare code_hash: CreationOptional<string | null>
  declare code_expires_at: CreationOptional<Date | null>
  declare code_attempts: CreationOptional<number>
  declare challenged_at: CreationOptional<Date | null>
  declare delivery: CreationOptional<'pending' | 'sent' | 'failed' | null>
  declare delivery_error: CreationOptional<string | null>
}
