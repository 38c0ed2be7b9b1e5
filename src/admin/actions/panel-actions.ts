import type { ActionContext, ActionHandler, ActionRequest, ActionResponse, ResourceOptions } from '../adminjs.js'
import { type PanelUser, panelUserOf } from '../panel-user.js'
import { can, permissionOf } from '../permissions.js'
import { PanelRefusal } from '../refusal.js'
import { ListedRecord } from '../resources/listed-record.js'
import { ListedResource } from '../resources/listed-resource.js'
import type { PanelServices } from '../services.js'
import { changeDevice, deviceFields } from './change-device.js'
import { changeUser, userFields } from './change-user.js'
import type { DeviceTable } from './device-tables.js'
import { endSessions } from './end-sessions.js'
import { giveBackupToken } from './give-backup-token.js'
import type { Given } from './help-person.js'
import { invitationFields, invitePerson } from './invite-person.js'
import { removeDevices } from './remove-devices.js'
import { resetSecondFactor } from './reset-second-factor.js'
import { revokeBrowsers } from './revoke-browsers.js'
import { parseForm, savedAnswer, settle } from './settle.js'

type Actions = NonNullable<ResourceOptions['actions']>
type Handlers = Partial<Record<string, ActionHandler<ActionResponse>>>

/** Every action of a resource: who may, by the one rule, and what it does, by our own verbs. */
export function panelActions(services: PanelServices, table: string, device: DeviceTable | null): Actions {
  const handlers: Handlers = {
    search,
    ...(table === 'users' && userHandlers(services)),
    ...(device && deviceHandlers(services, device)),
    ...(table === 'trusted_browsers' && browserHandlers(services)),
  }
  return Object.fromEntries(
    Object.entries(permissionOf).flatMap(([name, permission]) => {
      const handler = handlers[name]
      if (permission === 'recover' && !handler) return []
      const isAccessible = ({ currentAdmin, record }: ActionContext) =>
        can(
          panelUserOf({ currentAdmin }),
          permission,
          table,
          record instanceof ListedRecord ? record.subject : undefined,
        )
      return [[name, { isAccessible, ...looks[name], ...(handler && { handler }) }]]
    }),
  )
}

/** Each has a page that says what it does and asks. */
const help = { actionType: 'record', component: 'HelpPerson' }

/** A bulk action without a page of its own asks in a dialogue, as deleting one does. */
const looks: Readonly<Partial<Record<string, Record<string, unknown>>>> = {
  invite: { ...help, icon: 'Send' },
  giveBackupToken: { ...help, icon: 'LifeBuoy' },
  endSessions: { ...help, icon: 'LogOut' },
  resetSecondFactor: { ...help, icon: 'RotateCcw', variant: 'danger' },
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
    async invite(request, _response, context) {
      const wish = parseForm(invitationFields, request)
      return givenAnswer(context, settle(await invitePerson(services, ...personOf(request, context), wish)))
    },
    async giveBackupToken(request, _response, context) {
      return givenAnswer(context, settle(await giveBackupToken(services, ...personOf(request, context))))
    },
    async endSessions(request, _response, context) {
      return givenAnswer(context, settle(await endSessions(services, ...personOf(request, context))))
    },
    async resetSecondFactor(request, _response, context) {
      return givenAnswer(context, settle(await resetSecondFactor(services, ...personOf(request, context))))
    },
  }
}

/** Who acts, and on whom. */
function personOf(request: ActionRequest, context: ActionContext): [PanelUser, number] {
  return [panelUserOf(context), Number(recordId(request))]
}

/** The only answer of the panel with a secret in it: shown on its page this once, kept nowhere. */
function givenAnswer({ record, currentAdmin }: ActionContext, { given }: { given: Given }) {
  return { record: record?.toJSON(currentAdmin), given }
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
      return { record: context.record?.toJSON(context.currentAdmin), ...removed(context, 'devicesRemoved', 1) }
    },
    async bulkDelete(_request, _response, context) {
      settle(await removeDevices(services, panelUserOf(context), table, chosenIds(context)))
      return allRemoved(context, 'devicesRemoved')
    },
  }
}

function browserHandlers(services: PanelServices): Handlers {
  return {
    async delete(request, _response, context) {
      settle(await revokeBrowsers(services, panelUserOf(context), [Number(recordId(request))]))
      return { record: context.record?.toJSON(context.currentAdmin), ...removed(context, 'browsersRemoved', 1) }
    },
    async bulkDelete(_request, _response, context) {
      settle(await revokeBrowsers(services, panelUserOf(context), chosenIds(context)))
      return allRemoved(context, 'browsersRemoved')
    },
  }
}

function chosenIds({ records = [] }: ActionContext): number[] {
  return records.map((record) => Number(record.id()))
}

function allRemoved(context: ActionContext, message: string) {
  const records = (context.records ?? []).map((record) => record.toJSON(context.currentAdmin))
  return { records, ...removed(context, message, records.length) }
}

function removed({ resource, h }: ActionContext, message: string, count: number) {
  return {
    redirectUrl: h.resourceUrl({ resourceId: resource.id() }),
    notice: { message, type: 'success' as const, options: { count }, resourceId: resource.id() },
  }
}

function recordId({ params }: ActionRequest): string {
  if (params.recordId === undefined) throw new PanelRefusal('not_found')
  return params.recordId
}
