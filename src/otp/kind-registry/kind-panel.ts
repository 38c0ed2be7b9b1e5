import type { Model, ModelStatic, Sequelize } from 'sequelize'
import type { Literal } from 'sequelize/lib/utils'

/** The columns that the panel's actions need; every kind's table has them. */
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

/** How the panel shows one value of a device. */
export interface PanelProperty {
  type?: 'string' | 'number'
  isSortable?: boolean
  availableValues?: { value: string; label: string }[]
}

/**
 * What administrators see of a kind's devices, in addition to what all kinds show. No other value
 * of a row leaves the server.
 */
export interface KindPanel {
  /** One of AdminJS's icons (https://feathericons.com), for example `Key`. */
  icon: string
  /** The kind's own columns that are shown, read-only. */
  columns: readonly string[]
  /** Values that the database computes for each row, shown like columns. */
  computed?: Readonly<Record<string, Literal>>
  /** Values that the database computes only for `derived`. Never shown. */
  hidden?: Readonly<Record<string, Literal>>
  /** Values that are derived from a hidden one, such as a masked phone number. */
  derived?: Readonly<Record<string, (row: Readonly<Record<string, unknown>>) => unknown>>
  /** How all of these are shown, in this order. If omitted, the columns are shown. */
  properties?: Readonly<Record<string, PanelProperty>>
  /** Those that the list shows. If omitted, all. */
  inList?: readonly string[]
  parts?: readonly KindPart[]
}

/** Rows that belong to a device, shown as a separate read-only resource. Their table has `id` and `device_id`. */
export interface KindPart {
  table: string
  /** One of AdminJS's icons. */
  icon: string
  /** Columns that are shown in addition to `id` and `device_id`. */
  columns: readonly string[]
  /** Creates the model of its table for one Sequelize instance. */
  initModel(this: void, sequelize: Sequelize): ModelStatic<Model>
}

/** The parts of a kind that the panel needs. */
export interface PanelKind {
  panel: KindPanel
  /** Creates the model of its table for one Sequelize instance. */
  initModel(this: void, sequelize: Sequelize): ModelStatic<ChangeableDevice>
}
