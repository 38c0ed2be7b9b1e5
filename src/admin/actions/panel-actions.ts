import type { ActionContext, ActionHandler, ActionRequest, ActionResponse, ResourceOptions } from '../adminjs.js'
import { panelUserOf } from '../panel-user.js'
import { can, permissionOf } from '../permissions.js'
import { PanelRefusal } from '../refusal.js'
import { ListedRecord } from '../resources/listed-record.js'
import { ListedResource } from '../resources/listed-resource.js'
import type { PanelServices } from '../services.js'
import { changeDevice, deviceFields } from './change-device.js'
import { changeUser, userFields } from './change-user.js'
import { changeableTables, type DeviceTable } from './device-tables.js'
import { removeDevices } from './remove-devices.js'
import { parseForm, savedAnswer, settle } from './settle.js'

type Actions = NonNullable<ResourceOptions['actions']>
type Handlers = Partial<Record<string, ActionHandler<ActionResponse>>>

/** Every action of a resource: who may, by the one rule, and what it does, by our own verbs. */
export function panelActions(services: PanelServices, table: string): Actions {
  const device = changeableTables.find((candidate) => candidate.table === table)
  const handlers: Handlers = {
    search,
    ...(table === 'users' && userHandlers(services)),
    ...(device && deviceHandlers(services, device)),
  }
  return Object.fromEntries(
    Object.entries(permissionOf).map(([name, permission]) => {
      const isAccessible = ({ currentAdmin, record }: ActionContext) =>
        can(
          panelUserOf({ currentAdmin }),
          permission,
          table,
          record instanceof ListedRecord ? record.subject : undefined,
        )
      const handler = handlers[name]
      return [name, { isAccessible, ...looks[name], ...(handler && { handler }) }]
    }),
  )
}

/** A bulk action without a page of its own asks in a dialogue, as deleting one does. */
const looks: Readonly<Partial<Record<string, Record<string, unknown>>>> = {
  bulkDelete: { component: false, guard: 'confirmBulkDelete', showInDrawer: false },
  edit: { icon: 'Edit' },
  show: { icon: 'Eye' },
}

const search: ActionHandler<ActionResponse> = async (request, _response, context) => {
  const { resource, currentAdmin } = context
  if (!(resource instanceof ListedResource)) throw new PanelRefusal('not_found')
  const column: unknown = request.query?.['searchProperty']
  const found = await resource.search(
    request.params.query ?? '',
    typeof column === 'string' ? column : undefined,
    context,
  )
  return { records: found.map((record) => record.toJSON(currentAdmin)) }
}

function userHandlers(services: PanelServices): Handlers {
  return {
    async edit(request, _response, context) {
      const wish = parseForm(userFields, request)
      const id = recordId(request)
      settle(await changeUser(services, panelUserOf(context), Number(id), wish))
      return savedAnswer(context, id)
    },
  }
}

function deviceHandlers(services: PanelServices, table: DeviceTable): Handlers {
  return {
    async edit(request, _response, context) {
      const wish = parseForm(deviceFields, request)
      const id = recordId(request)
      settle(await changeDevice(services, panelUserOf(context), table, Number(id), wish))
      return savedAnswer(context, id)
    },
    async delete(request, _response, context) {
      settle(await removeDevices(services, panelUserOf(context), table, [Number(recordId(request))]))
      return { record: context.record?.toJSON(context.currentAdmin), ...removed(context, 1) }
    },
    async bulkDelete(_request, _response, context) {
      const records = context.records ?? []
      settle(
        await removeDevices(
          services,
          panelUserOf(context),
          table,
          records.map((record) => Number(record.id())),
        ),
      )
      return {
        records: records.map((record) => record.toJSON(context.currentAdmin)),
        ...removed(context, records.length),
      }
    },
  }
}

function removed({ resource, h }: ActionContext, count: number) {
  return {
    redirectUrl: h.resourceUrl({ resourceId: resource.id() }),
    notice: { message: 'devicesRemoved', type: 'success' as const, options: { count }, resourceId: resource.id() },
  }
}

function recordId({ params }: ActionRequest): string {
  if (params.recordId === undefined) throw new PanelRefusal('not_found')
  return params.recordId
}
