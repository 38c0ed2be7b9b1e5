import type { ResourceOptions } from '../adminjs.js'
import type { PanelServices } from '../services.js'
import type { AllowList } from './allow-list.js'

/** One resource of the panel. Its id is its table's name, its properties are columns. */
export interface PanelResource {
  table: string
  list: AllowList
  options: ResourceOptions
  /** What the components of some properties must know of this site. */
  custom?(services: PanelServices): Readonly<Record<string, Record<string, unknown>>>
}
