import type { ActionContext, ActionHandler, ActionRequest, ActionResponse, ResourceOptions } from '../adminjs.js'
import { PanelError } from '../panel-error.js'
import type { PanelServices } from '../panel-services.js'
import { knownUser, type PanelUser, actorOf } from '../panel-user.js'
import { can, type RecoveryAction, recoveryActions, type Permission, actionPermissions } from '../permissions.js'
import { AllowListedRecord } from '../resources/allow-listed-record.js'
import { AllowListedResource } from '../resources/allow-listed-resource.js'
import type { Helped } from './account-recovery.js'
import { parseActionForm, removalHandlers, savedResponse, unwrapResult } from './action-responses.js'
import type { RejectedAction } from './action-result.js'
import { addUser, newUserFields } from './add-user.js'
import { changeDevice, deviceFields } from './change-device.js'
import { changeUser, userFields } from './change-user.js'
import type { DeviceTable } from './device-tables.js'
import { endSessions } from './end-sessions.js'
import { giveBackupToken } from './give-backup-token.js'
import { giveOnce } from './give-once.js'
import { groupHandlers, memberHandlers } from './group-handlers.js'
import { invitationFields, inviteUser } from './invite-user.js'
import { recordId } from './record-id.js'
import { removeDevices } from './remove-devices.js'
import { resetSecondFactor } from './reset-second-factor.js'
import { revokeBrowsers } from './revoke-browsers.js'
import { showDevice, showPerson } from './show-waits.js'
import { unlockPerson } from './unlock-person.js'

type Actions = NonNullable<ResourceOptions['actions']>
type Handlers = Partial<Record<string, ActionHandler<ActionResponse>>>

/**
 * Builds every action of a resource, each with its permission check and its handler.
 *
 * @param device the kind of device in this table; null if it contains none
 */
export function panelActions(services: PanelServices, table: string, device: DeviceTable | null): Actions {
  const handlers: Handlers = {
    search,
    ...(table === 'users' && userHandlers(services)),
    ...(table === 'groups' && groupHandlers(services)),
    ...(table === 'user_groups' && memberHandlers(services)),
    ...(device && deviceHandlers(services, device)),
    ...(table === 'trusted_browsers' && browserHandlers(services)),
  }
  return Object.fromEntries(
    Object.entries(actionPermissions).flatMap(([name, permission]) => {
      const handler = handlers[name]
      if (isHelp(permission) && !handler) return []
      const isElsewhere = services.hostUsers !== null && table === 'users' && (name === 'edit' || name === 'new')
      const isAccessible = ({ currentAdmin, record }: ActionContext) => {
        const user = knownUser(currentAdmin)
        const subject = record instanceof AllowListedRecord ? record.subject : undefined
        return !isElsewhere && user !== undefined && can(user, permission, table, subject)
      }
      const look = table === 'users' && name === 'new' ? newPerson : looks[name]
      return [[name, { isAccessible, ...look, ...(handler && { handler }) }]]
    }),
  )
}

const isHelp = (permission: Permission) => recoveryActions.some((help) => help === permission)

/** A help has its own page, which explains it and asks for confirmation. */
const help = { actionType: 'record', component: 'HelpPerson' }

const newPerson = { actionType: 'resource', component: 'NewPerson' }

/** Options of single actions. A bulk action without its own page asks in a dialogue. */
const looks: Readonly<Partial<Record<string, Record<string, unknown>>>> = {
  unlock: { ...help, icon: 'Unlock' },
  invite: { ...help, icon: 'Send' },
  giveBackupToken: { ...help, icon: 'LifeBuoy' },
  endSessions: { ...help, icon: 'LogOut' },
  resetSecondFactor: { ...help, icon: 'RotateCcw', variant: 'danger' },
  bulkDelete: { component: false, guard: 'confirmBulkDelete', showInDrawer: false },
  // Handled by ../export before AdminJS; its button is in the panel's list header.
  export: { actionType: 'resource', component: false, isVisible: false, handler: unanswered },
  edit: { icon: 'Edit' },
  show: { icon: 'Eye' },
}

function unanswered(): never {
  throw new PanelError('not_found')
}

const search: ActionHandler<ActionResponse> = async (request, _response, context) => {
  const { resource, currentAdmin } = context
  if (!(resource instanceof AllowListedResource)) throw new PanelError('not_found')
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
    async new(request, _response, context) {
      const input = parseActionForm(newUserFields, request)
      const actor = actorOf(context)
      const added = () => addUser(services, actor, input)
      return givenAnswer(context, await giveOnce(services, { how: 'new', actor, personId: null, wish: input }, added))
    },
    async edit(request, _response, context) {
      const input = parseActionForm(userFields, request)
      const id = recordId(request)
      unwrapResult(await changeUser(services, actorOf(context), Number(id), input))
      return savedResponse(context, id)
    },
    show: showPerson(services),
    unlock: helping(services, 'unlock', (actor, personId) => unlockPerson(services, actor, personId)),
    async invite(request, _response, context) {
      const input = parseActionForm(invitationFields, request)
      const [actor, personId] = personOf(request, context)
      const invited = () => inviteUser(services, actor, personId, input)
      return givenAnswer(context, await giveOnce(services, { how: 'invite', actor, personId, wish: input }, invited))
    },
    giveBackupToken: helping(services, 'giveBackupToken', (actor, id) => giveBackupToken(services, actor, id)),
    endSessions: helping(services, 'endSessions', (actor, id) => endSessions(services, actor, id)),
    resetSecondFactor: helping(services, 'resetSecondFactor', (actor, id) => resetSecondFactor(services, actor, id)),
  }
}

/** Creates the handler of a help without a form. */
function helping(
  services: PanelServices,
  how: RecoveryAction,
  help: (actor: PanelUser, personId: number) => Promise<{ ok: true; given: Helped } | RejectedAction>,
): ActionHandler<ActionResponse> {
  return async (request, _response, context) => {
    const [actor, personId] = personOf(request, context)
    return givenAnswer(context, await giveOnce(services, { how, actor, personId }, () => help(actor, personId)))
  }
}

/** Returns the actor and the ID of the user to help. */
function personOf(request: ActionRequest, context: ActionContext): [PanelUser, number] {
  return [actorOf(context), Number(recordId(request))]
}

/** Builds the panel's only response with a secret. It is shown once, and stored only for the same call sent at the same moment. */
function givenAnswer({ record, currentAdmin }: ActionContext, { given: result }: { given: unknown }) {
  return { record: record?.toJSON(currentAdmin), given: result }
}

function deviceHandlers(services: PanelServices, table: DeviceTable): Handlers {
  return {
    show: showDevice(services),
    async edit(request, _response, context) {
      const input = parseActionForm(deviceFields, request)
      const id = recordId(request)
      const { obstacles } = unwrapResult(await changeDevice(services, actorOf(context), table, Number(id), input))
      return { ...(await savedResponse(context, id)), obstacles }
    },
    ...removalHandlers('devicesRemoved', (actor, ids) => removeDevices(services, actor, table, ids)),
  }
}

function browserHandlers(services: PanelServices): Handlers {
  return removalHandlers('browsersRemoved', (actor, ids) => revokeBrowsers(services, actor, ids))
}
