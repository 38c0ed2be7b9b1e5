import type { ResourceOptions } from '../adminjs.js'
import type { PanelServices } from '../panel-services.js'
import type { AllowList } from './allow-list.js'

/** A resource of the panel. Its ID is the table's name, its properties are columns. */
export interface PanelResource {
  table: string
  list: AllowList
  options: ResourceOptions
  /** Returns site-specific data for the components of some properties. */
  custom?(services: PanelServices): Readonly<Record<string, Record<string, unknown>>>
}
