import type { ActionDecorator, AdminJS } from '../adminjs.js'
import { knownUser } from '../panel-user.js'
import { canUseAction } from './host-permissions.js'
import { resourceId, isHostResource } from '../host-resources.js'
import { readsMissing } from './watch-admin.js'

/**
 * Adds the permissions of groups to the host's own `isAccessible`. AdminJS calls it for menus,
 * for the buttons of every record and before every action, so all of them agree. Without a
 * current admin nothing is allowed.
 */
export function guardHostActions(admin: AdminJS): void {
  for (const resource of admin.resources.filter(isHostResource))
    for (const action of Object.values(resource.decorate().actions)) guardAction(resourceId(resource), action)
}

function guardAction(resourceId: string, action: ActionDecorator): void {
  const isAccessible = action.isAccessible.bind(action)
  const isVisible = action.isVisible.bind(action)
  // Without a current admin, the host's rule could throw, and no action can be used anyway.
  action.isVisible = (currentAdmin, record) => knownUser(currentAdmin) !== undefined && isVisible(currentAdmin, record)
  action.isAccessible = (currentAdmin, record) => {
    const user = knownUser(currentAdmin)
    if (!user || !canUseAction(user, resourceId, action.name)) return false
    // A rule that read a missing property compared it with undefined, so its result means nothing.
    const { answer, missing } = readsMissing<unknown>(user, () => isAccessible(currentAdmin, record))
    if (missing) return false
    return answer instanceof Promise ? refusePromise(answer, resourceId, action.name) : Boolean(answer)
  }
}

const warned = new Set<string>()

/** Denies the action, because AdminJS would treat the promise itself as true. Warns once for each action. */
function refusePromise(answer: Promise<unknown>, resourceId: string, action: string): false {
  answer.catch(() => {})
  const name = `${resourceId}.${action}`
  if (!warned.has(name)) {
    const detail = 'The action is denied to everyone until isAccessible returns a boolean.'
    process.emitWarning(`isAccessible of ${name} returns a promise.`, { code: 'host_rule_async', detail })
  }
  warned.add(name)
  return false
}
