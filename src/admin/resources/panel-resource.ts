import type { ResourceOptions } from '../adminjs.js'
import type { AllowList } from './allow-list.js'

/** One resource of the panel. Its id is its table's name, its properties are columns. */
export interface PanelResource {
  table: string
  list: AllowList
  options: ResourceOptions
}
