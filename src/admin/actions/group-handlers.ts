import type { ActionHandler, ActionRequest, ActionResponse } from '../adminjs.js'
import { type PanelUser, actorOf } from '../panel-user.js'
import type { PanelServices } from '../panel-services.js'
import { addGroup, changeGroup, removeGroups } from './change-group.js'
import { addMember, removeMembers } from './change-members.js'
import { groupFields, membershipFields } from '../group-fields.js'
import { recordId } from './record-id.js'
import { parseActionForm, removalHandlers, savedResponse, unwrapResult } from './action-responses.js'

type Handlers = Partial<Record<string, ActionHandler<ActionResponse>>>

export function groupHandlers(services: PanelServices): Handlers {
  const wishOf = (request: ActionRequest, user: PanelUser) =>
    parseActionForm(groupFields(services.otp, user.ofHost ?? []), request)
  return {
    async new(request, _response, context) {
      const user = actorOf(context)
      const { id } = unwrapResult(await addGroup(services, user, wishOf(request, user)))
      return savedResponse(context, String(id), 'successfullyCreated')
    },
    async edit(request, _response, context) {
      const id = recordId(request)
      const user = actorOf(context)
      unwrapResult(await changeGroup(services, user, Number(id), wishOf(request, user)))
      return savedResponse(context, id)
    },
    ...removalHandlers('groupsRemoved', (actor, ids) => removeGroups(services, actor, ids)),
  }
}

export function memberHandlers(services: PanelServices): Handlers {
  return {
    async new(request, _response, context) {
      const input = parseActionForm(membershipFields, request)
      const { id } = unwrapResult(await addMember(services, actorOf(context), input))
      return savedResponse(context, String(id), 'memberAdded')
    },
    ...removalHandlers('membersRemoved', (actor, ids) => removeMembers(services, actor, ids)),
  }
}
