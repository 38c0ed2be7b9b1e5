import type { ActionHandler, ActionRequest, ActionResponse } from '../adminjs.js'
import { type PanelUser, actorOf } from '../panel-user.js'
import type { PanelServices } from '../services.js'
import { addGroup, changeGroup, removeGroups } from './change-group.js'
import { addMember, removeMembers } from './change-members.js'
import { groupFields, membershipFields } from './group-fields.js'
import { recordId, recordIds } from './record-id.js'
import { parseForm, removedAnswer, savedAnswer, settle } from './settle.js'

type Handlers = Partial<Record<string, ActionHandler<ActionResponse>>>

export function groupHandlers(services: PanelServices): Handlers {
  const wishOf = (request: ActionRequest, user: PanelUser) => parseForm(groupFields(services.otp, user.ofHost), request)
  return {
    async new(request, _response, context) {
      const user = actorOf(context)
      const { id } = settle(await addGroup(services, user, wishOf(request, user)))
      return savedAnswer(context, String(id), 'successfullyCreated')
    },
    async edit(request, _response, context) {
      const id = recordId(request)
      const user = actorOf(context)
      settle(await changeGroup(services, user, Number(id), wishOf(request, user)))
      return savedAnswer(context, id)
    },
    async delete(request, _response, context) {
      settle(await removeGroups(services, actorOf(context), [Number(recordId(request))]))
      return removedAnswer(context, 'groupsRemoved')
    },
    async bulkDelete(_request, _response, context) {
      settle(await removeGroups(services, actorOf(context), recordIds(context)))
      return removedAnswer(context, 'groupsRemoved')
    },
  }
}

export function memberHandlers(services: PanelServices): Handlers {
  return {
    async new(request, _response, context) {
      const input = parseForm(membershipFields, request)
      const { id } = settle(await addMember(services, actorOf(context), input))
      return savedAnswer(context, String(id), 'memberAdded')
    },
    async delete(request, _response, context) {
      settle(await removeMembers(services, actorOf(context), [Number(recordId(request))]))
      return removedAnswer(context, 'membersRemoved')
    },
    async bulkDelete(_request, _response, context) {
      settle(await removeMembers(services, actorOf(context), recordIds(context)))
      return removedAnswer(context, 'membersRemoved')
    },
  }
}
