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
 * What administrators see of a kind's devices besides what all kinds show. Nothing else of a row
 * ever leaves the server.
 */
export interface KindPanel {
  /** Of AdminJS's icons (https://feathericons.com), for example `Key`. */
  icon: string
  /** Own columns of the table, for reading alone. */
  columns: readonly string[]
  /** Values that the database computes for each row, shown like columns. */
  computed?: Readonly<Record<string, Literal>>
  /** The same for `derived` alone; never shown. */
  hidden?: Readonly<Record<string, Literal>>
  /** Values that are made of a hidden one, such as the mask of a phone number. */
  derived?: Readonly<Record<string, (row: Readonly<Record<string, unknown>>) => unknown>>
  /** How all of these are shown, in their order; if left out, the columns are. */
  properties?: Readonly<Record<string, PanelProperty>>
  /** Those that the list has room for; if left out, all. */
  inList?: readonly string[]
  parts?: readonly KindPart[]
}

/** Rows that belong to a device, shown as a resource of their own for reading alone. Their table has `id` and `device_id`. */
export interface KindPart {
  table: string
  /** Of AdminJS's icons. */
  icon: string
  /** Those that are shown besides `id` and `device_id`. */
  columns: readonly string[]
  /** The model of its table, bound to one Sequelize instance. */
  initModel(this: void, sequelize: Sequelize): ModelStatic<Model>
}

/** What a kind needs to be in the panel. */
export interface PanelKind {
  panel: KindPanel
  /** The model of its table, bound to one Sequelize instance. */
  initModel(this: void, sequelize: Sequelize): ModelStatic<ChangeableDevice>
}
