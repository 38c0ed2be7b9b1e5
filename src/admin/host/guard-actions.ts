import type { ActionDecorator, AdminJS } from '../adminjs.js'
import { knownUser } from '../panel-user.js'
import { mayUse } from './host-permissions.js'
import { idOf, isOfHost } from './host-resources.js'
import { readsMissing } from './watch-admin.js'

/**
 * Puts the permissions of groups in front of the host's own `isAccessible`. AdminJS asks it
 * for menus, for the buttons of every record and before every action, so that all agree.
 * Where the host's code asks it for nobody, nothing is permitted.
 */
export function guardActions(admin: AdminJS): void {
  for (const resource of admin.resources.filter(isOfHost))
    for (const action of Object.values(resource.decorate().actions)) guardAction(idOf(resource), action)
}

function guardAction(resourceId: string, action: ActionDecorator): void {
  const isAccessible = action.isAccessible.bind(action)
  const isVisible = action.isVisible.bind(action)
  // Rules that read the current admin would throw without one, and what nobody can use is not shown.
  action.isVisible = (currentAdmin, record) => knownUser(currentAdmin) !== undefined && isVisible(currentAdmin, record)
  action.isAccessible = (currentAdmin, record) => {
    const user = knownUser(currentAdmin)
    if (!user || !mayUse(user, resourceId, action.name)) return false
    // A rule that looks for what there is not decides by "undefined", about whoever it is.
    const { answer, missing } = readsMissing<unknown>(user, () => isAccessible(currentAdmin, record))
    if (missing) return false
    return answer instanceof Promise ? refusePromise(answer, resourceId, action.name) : Boolean(answer)
  }
}

const told = new Set<string>()

/** AdminJS would take the promise itself for a yes. */
function refusePromise(answer: Promise<unknown>, resourceId: string, action: string): false {
  answer.catch(() => {})
  const name = `${resourceId}.${action}`
  if (!told.has(name)) {
    const detail = 'The action is denied to everyone until isAccessible returns a boolean.'
    process.emitWarning(`isAccessible of ${name} returns a promise.`, { code: 'host_rule_async', detail })
  }
  told.add(name)
  return false
}
