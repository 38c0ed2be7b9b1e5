import type { ModelStatic } from 'sequelize'
import type { ChangeableDevice } from '../../otp/kind-registry/kind-panel.js'

/** A kind of device that can be changed and deleted in the panel. */
export interface DeviceTable {
  table: string
  /** First half of the persistent ID. */
  kind: string
  model: ModelStatic<ChangeableDevice>
}
