import type { Model, ModelStatic } from 'sequelize'
import type { Models } from '../../db/models/index.js'

/** The columns that the panel's verbs need; every kind's table has them. */
export interface ChangeableDevice extends Model {
  id: number
  user_id: number
  name: string
  confirmed: boolean
  confirmed_at: Date | null
  disabled_at: Date | null
  disabled_reason: 'administrator' | 'failures' | null
  last_used_at: Date | null
}

export interface DeviceTable {
  table: string
  /** First half of the persistent id. */
  kind: string
  model(models: Models): ModelStatic<ChangeableDevice>
}

/** The kinds of device that the panel changes and deletes. */
export const changeableTables: readonly DeviceTable[] = [
  { table: 'totp_devices', kind: 'totp', model: (models) => models.TotpDevice },
  { table: 'webauthn_devices', kind: 'webauthn', model: (models) => models.WebauthnDevice },
  { table: 'hotp_devices', kind: 'hotp', model: (models) => models.HotpDevice },
  { table: 'phone_devices', kind: 'phone', model: (models) => models.PhoneDevice },
  { table: 'email_devices', kind: 'email', model: (models) => models.EmailDevice },
  { table: 'static_devices', kind: 'static', model: (models) => models.StaticDevice },
]
