import { initAddedDevice } from '../../db/models/added-device.js'
import { type AddedKind, addedKinds } from '../../otp/kinds/added-kind.js'
import type { DeviceTable } from '../actions/device-tables.js'
import type { PanelServices } from '../services.js'
import { deviceResource, deviceTables } from './devices.js'
import { panelResources } from './index.js'
import type { PanelResource } from './panel-resource.js'

/** A resource of the panel whose kind of device came from outside. */
export interface AddedResource extends PanelResource {
  device: DeviceTable
}

/** One for each kind from outside: the common columns and those that it lets be seen. */
export function addedResources({ database, otp }: PanelServices): AddedResource[] {
  return addedKinds(otp.kinds).map((kind) => {
    const model = initAddedDevice(database.sequelize, kind.table, kind.model)
    return { ...resourceOf(kind), device: { table: kind.table, kind: kind.name, model: () => model } }
  })
}

function resourceOf({ table, panel }: AddedKind): PanelResource {
  const properties = Object.fromEntries(panel.columns.map((column) => [column, { isSortable: false }]))
  return deviceResource(table, panel.icon, { read: panel.columns, properties, inList: panel.columns })
}

/** Every resource of ours, theirs after our own kinds of device, and in the list of a person's devices. */
export function resourcesWith(added: readonly AddedResource[]): readonly PanelResource[] {
  const last = deviceTables.at(-1)
  return panelResources.flatMap((resource) => {
    if (resource.table === 'users') return [withTables(resource, [...deviceTables, ...added.map(({ table }) => table)])]
    return resource.table === last ? [...added, resource] : [resource]
  })
}

function withTables(people: PanelResource, tables: readonly string[]): PanelResource {
  const { properties = {} } = people.options
  const devices = { ...properties['devices'], custom: { tables } }
  return { ...people, options: { ...people.options, properties: { ...properties, devices } } }
}
