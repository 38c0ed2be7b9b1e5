import type { ModelStatic } from 'sequelize'
import type { ChangeableDevice } from '../../otp/kinds/kind-panel.js'

/** A kind of device that the panel changes and deletes. */
export interface DeviceTable {
  table: string
  /** First half of the persistent id. */
  kind: string
  model: ModelStatic<ChangeableDevice>
}
